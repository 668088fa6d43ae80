// What a citizen's hands and a clumsy world do: card, paper, printer, network.

import { badge, button, el, tray } from "./dom.js";

const KINDS = {
  resident: "resident", hongKongMacaoTaiwan: "Hong Kong, Macao or Taiwan", foreigner2017: "foreigner, card of 2017", foreigner2023: "foreigner, card of 2023",
};

export function reader({ reader, citizens }, { post }) {
  const act = (action) => () => post("reader", { action });
  const lying = citizens.find(({ id }) => id === reader.card);
  const cards = citizens.map((citizen) => {
    const isHere = citizen.id === reader.card;
    return el(
      "li", {},
      button(
        el("span", {}, el("b", {}, citizen.label), el("small", {}, KINDS[citizen.kind] ?? citizen.kind)),
        () => post("reader", isHere ? { action: "lift" } : { action: "lay", citizen: citizen.id }),
        { class: "card", "aria-pressed": String(isHere), "data-citizen": citizen.id }));
  });
  return tray(
    "reader", "ID cards",
    el(
      "p", {},
      badge(reader.plugged ? "reader plugged in" : "reader unplugged", reader.plugged ? "good" : "bad"), " ",
      badge(lying ? `${lying.label} lies on it` : "no card on it")),
    el("ul", { class: "cards" }, ...cards),
    el(
      "div", { class: "buttons" },
      button("Lift card", act("lift"), { disabled: !reader.card, "data-act": "lift" }),
      reader.plugged ? button("Unplug reader", act("unplug")) : button("Plug reader in", act("replug"))),
    el(
      "div", { class: "buttons faults" }, el("span", {}, "Next read:"),
      button("corrupt it", act("corrupt")), button("stall it", act("stall")), button("pull card half-way", act("remove"))));
}

const CONDITIONS = { ready: ["ready", "good"], jam: ["paper jam", "bad"], coverOpen: ["cover open", "bad"] };

/** `choice` keeps what was chosen here between two renderings. */
export function scanner({ scanner, citizens, reader }, { post, choice }) {
  const [words, tone] = CONDITIONS[scanner.condition] ?? [scanner.condition, "bad"];
  const citizen = choice.citizen ?? reader.card ?? citizens[0]?.id;
  const whose = el(
    "select", { id: "scanner-citizen" },
    ...citizens.map(({ id, label }) => el("option", { value: id, selected: id === citizen }, label)));
  whose.addEventListener("change", () => { choice.citizen = whose.value; });
  const many = el("input", { id: "scanner-pages", type: "number", min: "1", max: "50", value: choice.pages ?? 2 });
  many.addEventListener("input", () => { choice.pages = many.value; });
  const load = () => post("scanner", { action: "load", citizen: whose.value, pages: Math.max(1, Math.min(50, Number(many.value) || 1)) });
  const act = (action) => () => post("scanner", { action });
  return tray(
    "scanner", "Scanner",
    el("p", {}, badge(words, tone), " ", badge(`${scanner.pages} pages in the tray`)),
    el(
      "div", { class: "fields" },
      el("label", { for: "scanner-citizen" }, "Document of"), whose, el("label", { for: "scanner-pages" }, "Pages"), many,
      button("Put into tray", load, { class: "main", "data-act": "load" })),
    el(
      "div", { class: "buttons faults" },
      button("Empty tray", act("empty")), button("Jam", act("jam")), button("Open cover", act("coverOpen")), button("All clear", act("ready"))));
}

export function printer({ printer }, { post }) {
  const printed = [...printer.printed].reverse();
  const newest = printed[0];
  return tray(
    "printer", "Printer",
    el(
      "div", { class: "buttons" }, badge(printer.paper ? "paper in" : "out of paper", printer.paper ? "good" : "bad"),
      printer.paper
        ? button("Take paper out", () => post("printer", { paper: false })) : button("Put paper in", () => post("printer", { paper: true }))),
    newest ? el("embed", { class: "print", src: `${newest.url}#toolbar=0&view=FitH`, type: "application/pdf", title: newest.name }) : null,
    newest
      ? el(
        "ul", { class: "prints" },
        ...printed.map(({ name, url }) => el("li", {}, el("a", { href: url, target: "_blank", rel: "noopener" }, name))))
      : el("p", { class: "empty" }, "Nothing printed yet."));
}

export function network({ network }, { post }) {
  return tray(
    "network", "Network to the platform",
    el(
      "div", { class: "buttons" }, badge(network.online ? "online" : "cut", network.online ? "good" : "bad"),
      network.online
        ? button("Cut the network", () => post("network", { online: false })) : button("Mend the network", () => post("network", { online: true }))));
}
