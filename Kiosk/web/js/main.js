// The page shows what kioskd pushes and posts what is touched. It keeps nothing: no storage, no history, no cache.

import { Countdown } from "./countdown.js";
import { Sound } from "./sound.js";
import { Stream } from "./stream.js";
import { Strings } from "./strings.js";
import { Toucher } from "./toucher.js";
import { View } from "./view.js";

const RELOAD_STRINGS_AFTER = 500; // milliseconds

const wait = document.getElementById("wait");
const strings = new Strings();
const sound = new Sound();
const stream = new Stream({ onScreen: show, onLost: hide });
const toucher = new Toucher(stream);
const touch = (value, element) => toucher.touch(value, element);
const view = new View(strings, touch);
const countdown = new Countdown(strings, touch, sound);

function show(update) {
  const isNew = view.show(update);
  const isCovered = countdown.show(update.screen.countdown ?? null);
  sound.screen(update);
  toucher.shown(update, isNew || isCovered);
  wait.hidden = true;
}

function hide() {
  wait.hidden = false;
  toucher.lost();
  countdown.show(null);
  sound.silence();
  view.clear();
}

async function start() {
  try {
    await strings.load();
    stream.open();
  } catch {
    setTimeout(start, RELOAD_STRINGS_AFTER);
  }
}

document.addEventListener("contextmenu", (event) => event.preventDefault());
document.addEventListener("dragstart", (event) => event.preventDefault());
start();
