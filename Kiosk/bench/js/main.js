// The bench page: polls the state each second and draws each tray anew when its part of the state has changed.

import * as api from "./api.js";
import * as hands from "./devices.js";
import * as more from "./more-devices.js";
import * as reports from "./reports.js";
import { Stage } from "./stage.js";

const EVERY = 1000; // milliseconds

// Which part of the state each tray shows: it is redrawn only when that part differs, so that focus, scroll and previews stay.
const TRAYS = {
  reader: [hands.reader, ["reader", "citizens"]],
  scanner: [hands.scanner, ["scanner", "citizens", "reader"]],
  printer: [hands.printer, ["printer"]],
  network: [hands.network, ["network"]],
  "card-reader": [more.cardReader, ["hardware.cardReader", "hardware.missing", "citizens"]],
  "code-scanner": [more.codeScanner, ["hardware.missing"]],
  cameras: [more.cameras, ["hardware.cameras", "citizens"]],
  "receipt-printer": [more.receiptPrinter, ["hardware.receiptPrinter"]],
  keypad: [more.keypad, ["hardware.missing"]],
  locker: [more.locker, ["hardware.openDoors"]],
  board: [more.board, ["hardware.board"]],
  ups: [more.powerSupply, ["hardware.power", "hardware.missing"]],
  platform: [reports.platform, ["applications"]],
  queue: [reports.queue, ["queue"]],
  devices: [reports.devices, ["devices"]],
  processes: [reports.processes, ["processes"]],
  log: [reports.log, ["log"]],
};

const stage = new Stage();
const drawn = new Map();
const context = { choice: {}, post };
const link = document.getElementById("link");
let timer = null;

function say(words, tone) {
  if (link.textContent !== words) link.textContent = words;
  link.dataset.tone = tone;
}

function draw(state) {
  stage.show(state.touchscreenURL);
  for (const [id, [render, parts]] of Object.entries(TRAYS)) {
    const source = JSON.stringify(parts.map((part) => part.split(".").reduce((value, key) => value?.[key], state)));
    if (drawn.get(id) === source) continue;
    drawn.set(id, source);
    replace(document.getElementById(id), render(state, context));
  }
}

/** A redrawn tray keeps the focus on the control in the same place. */
function replace(root, nodes) {
  const controls = () => [...root.querySelectorAll("button, select, input, a, [tabindex]")];
  const focused = controls().indexOf(document.activeElement);
  root.replaceChildren(...nodes);
  if (focused >= 0) controls()[focused]?.focus();
}

async function refresh() {
  clearTimeout(timer);
  try {
    draw(await api.state());
    say("Bench running", "good");
  } catch (error) {
    say(`No state from the bench: ${error.message}`, "bad");
  }
  clearTimeout(timer);
  timer = setTimeout(refresh, EVERY);
}

async function post(device, body) {
  const problem = await api.post(device, body);
  await refresh();
  if (problem) say(problem, "bad");
}

refresh();
