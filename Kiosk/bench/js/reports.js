// What a technician sees: the platform's side, the queue, devices, processes and the journal.

import { badge, button, el, table, tray } from "./dom.js";

const TONES = {
  ready: "good", busy: "good", delivered: "good", running: "good",
  waiting: "warn", starting: "warn", needsCitizen: "warn", stopped: "warn",
};
const tone = (state) => TONES[state] ?? "bad";
const time = (value) => (value ? new Date(value).toLocaleTimeString() : "");

export function platform({ applications }) {
  const rows = applications.map(({ number, item, submittedAt, materials }) => [
    el("b", {}, number), item,
    el("span", {}, ...materials.flatMap(({ requirement, pageCount, byteCount }) => [
      `${requirement}: ${pageCount} p., ${Math.ceil(byteCount / 1024)} KiB`, el("br")])),
    time(submittedAt)]);
  return tray(
    "platform", "What the city received",
    table("Applications at the platform", ["Number", "Service", "Materials", "At"], rows, "Nothing has arrived yet."));
}

export function queue({ queue }) {
  const rows = queue.map(({ sequence, kind, state, reference, byteCount, attempts, lastError }) => [
    String(sequence), kind, reference, badge(state, tone(state)), `${Math.ceil(byteCount / 1024)} KiB`, String(attempts), lastError ?? ""]);
  return tray(
    "queue", "The kiosk's outbox",
    table("Outbox", ["No.", "Kind", "Reference", "State", "Sealed", "Tries", "Last error"], rows, "The outbox is empty."));
}

export function devices({ devices }) {
  const rows = devices.map(({ name, state, fault, restarts, lastExit }) => [
    el("b", {}, name), badge(state, tone(state)), fault ? `${fault.code} → ${fault.action}` : "", String(restarts), lastExit ?? ""]);
  return tray(
    "devices", "Devices",
    table("Devices", ["Name", "State", "Fault → what mends it", "Restarts", "Last end"], rows, "kioskd reports no device."));
}

export function processes({ processes }, { post }) {
  const rows = processes.map(({ name, pid, state }) => {
    const send = (signal) => () => post("process", { name, signal });
    return [
      el("b", {}, name), pid ? String(pid) : "", badge(state, tone(state)),
      el(
        "span", { class: "buttons" },
        button("Kill", send("KILL"), { class: "danger", "aria-label": `Kill ${name}` }),
        button("Stop", send("STOP"), { "aria-label": `Stop ${name}` }), button("Continue", send("CONT"), { "aria-label": `Continue ${name}` }))];
  });
  return tray("processes", "Processes", table("Processes", ["Name", "Id", "State", "Signal"], rows, "No process runs."));
}

export function log({ log }) {
  const lines = el("pre", { class: "lines", tabindex: "0", role: "group", "aria-label": "Events, newest first" }, [...log].reverse().join("\n"));
  return tray("log", "Events", log.length > 0 ? lines : el("p", { class: "empty" }, "Nothing has happened yet."));
}
