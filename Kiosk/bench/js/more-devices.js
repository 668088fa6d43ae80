// The devices beside reader, scanner and printer: what a citizen, a technician or the grid does to each.

import { badge, button, el, tray } from "./dom.js";

/** A tray, or why this kiosk goes without the device. */
function place(id, title, hardware, ...children) {
  const missing = hardware.missing.find(({ device }) => device === id);
  return tray(id, title, ...(missing ? [el("p", { class: "empty" }, `Not here: ${missing.reason}`)] : children));
}

const row = (...children) => el("div", { class: "buttons" }, ...children);

function text(id, label, key, choice, value) {
  const input = el("input", { id, class: "wide", value: choice[key] ?? value, maxlength: "512" });
  input.addEventListener("input", () => { choice[key] = input.value; });
  return [el("label", { for: id }, label), input];
}

export function receiptPrinter({ hardware }, { post }) {
  const { paper, coverOpen, jammed, receipts } = hardware.receiptPrinter;
  const act = (action) => () => post("receipt-printer", { action });
  const newest = receipts.at(-1);
  return place(
    "receipt-printer", "Receipt printer", hardware,
    row(
      badge(paper ? "paper in" : "out of paper", paper ? "good" : "bad"), coverOpen ? badge("cover open", "bad") : null, jammed ? badge("jammed", "bad") : null,
      paper ? button("Take the roll out", act("takePaper")) : button("Put a roll in", act("putPaper")),
      coverOpen ? button("Close cover", act("closeCover")) : button("Open cover", act("openCover")),
      jammed ? button("Free the paper", act("free")) : button("Jam the next", act("jam"))),
    newest ? el("img", { class: "receipt", src: `${newest}?${receipts.length}`, alt: "The newest receipt" }) : null,
    newest ? row(button("Tear off", act("take"))) : null);
}

export function codeScanner({ hardware }, { post, choice }) {
  return place(
    "code-scanner", "Code scanner", hardware,
    el(
      "div", { class: "fields" }, ...text("code", "Code", "code", choice, "4201-7K3M"),
      button("Present it", () => post("code-scanner", { code: document.getElementById("code").value }), { class: "main" })));
}

export function cameras({ hardware, citizens }, { post }) {
  const scenes = { plain: "Nothing", page: "A page", dark: "Dark", backlit: "Backlit" };
  return place(
    "cameras", "Cameras", hardware,
    ...Object.entries(hardware.cameras).sort().map(([name, scene]) => row(
      badge(`${name}: ${scene}`),
      ...Object.entries(scenes).map(([key, label]) => button(
        label, () => post("cameras", { name, scene: key, ...(key === "page" ? { citizen: citizens[0]?.id } : {}) }),
        { "aria-label": `${label} before ${name}`, "aria-pressed": String(scene === key) })))));
}

export function locker({ hardware }, { post, choice }) {
  const open = hardware.openDoors;
  const door = el("input", { id: "door", type: "number", min: "1", max: "24", value: choice.door ?? 1 });
  door.addEventListener("input", () => { choice.door = door.value; });
  const turn = (isOpen) => () => post("locker", { door: Number(door.value), open: isOpen });
  return place(
    "locker", "Locker", hardware,
    el("p", {}, badge(open.length > 0 ? `open: ${open.join(", ")}` : "all doors shut", open.length > 0 ? "warn" : "good")),
    el(
      "div", { class: "fields" }, el("label", { for: "door" }, "Door"), door, button("Shut", turn(false)), button("Force open", turn(true), { class: "danger" })));
}

export function keypad({ hardware }, { post }) {
  const keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "enter"];
  return place("keypad", "Keypad", hardware, row(...keys.map((key) => button(key, () => post("keypad", { key })))));
}

const SENSORS = { person: "somebody stands here", cabinet: "cabinet open", call: "call button", card: "card at the reader", paper: "paper in the mouth" };

export function board({ hardware }, { post }) {
  const { outputs, sensors } = hardware.board;
  return place(
    "board", "Lights and sensors", hardware,
    row(...Object.entries(outputs).sort().map(([name, on]) => badge(`${name} ${on ? "on" : "off"}`, on ? "warn" : "plain"))),
    row(...Object.entries(sensors).sort().map(([sensor, active]) => button(
      SENSORS[sensor] ?? sensor, () => post("board", { sensor, active: !active }), { "aria-pressed": String(active) }))));
}

const POWER = { mains: ["on the mains", "good"], battery: ["on battery", "warn"], low: ["battery nearly empty", "bad"] };

export function powerSupply({ hardware }, { post }) {
  const [words, tone] = POWER[hardware.power] ?? [hardware.power, "bad"];
  const set = (power) => () => post("ups", { power });
  return place(
    "ups", "Power", hardware,
    row(
      badge(words, tone), button("Power failure", set("battery"), { class: "danger" }), button("Battery nearly empty", set("low"), { class: "danger" }),
      button("Mains back", set("mains"))));
}

export function cardReader({ hardware, citizens }, { post }) {
  const { card, holders } = hardware.cardReader;
  return place(
    "card-reader", "Social-security cards", hardware,
    row(
      ...citizens.filter(({ id }) => holders.includes(id)).map(({ id, label }) => button(
        label, () => post("card-reader", id === card ? {} : { citizen: id }), { "aria-pressed": String(id === card) })),
      button("Pull card", () => post("card-reader", {}), { disabled: !card })));
}
