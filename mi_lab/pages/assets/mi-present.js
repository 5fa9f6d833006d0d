// The lecture as a class sees it: one question a screen, arrow keys to go on, each widget set and alone.
(() => {
	"use strict";
	const { h, button } = window.MILab, place = document.querySelector(".mi-lecture");
	// a point and what it shows; one that begins by asking shows nothing at first
	const steps = [...document.querySelectorAll("section[id^='to-'] > ul > li")].flatMap((point) => {
		const links = [...point.querySelectorAll("a[href*='#']:not(.mi-term, [href*='#equation'])")];
		const asks = !links.length || (point.querySelector("em")?.compareDocumentPosition(links[0]) ?? 0) & 4;
		return [...(asks ? [null] : []), ...links].map((link) => ({ point, link }));
	});
	const said = h("div", { class: "mi-said", "aria-live": "polite" }), seen = h("div"), count = h("span");
	const next = button("Next →", () => show(at + 1));
	const bar = h("p", { class: "mi-choices" }, button("← Back", () => show(at - 1)), next, count, button("Leave (Esc)", () => dialog.close()));
	const dialog = h("dialog", { class: "mi-show", "aria-label": "Presenter's view" }, said, seen, bar);
	let at = 0;

	function show(step) {
		at = Math.max(0, Math.min(steps.length - 1, step));
		const { point, link } = steps[at], title = point.closest("section").querySelector("h2").firstChild.textContent;
		said.replaceChildren(h("h2", {}, title), ...point.cloneNode(true).childNodes);
		said.querySelectorAll("a").forEach((one) => { one.target = "_blank"; });
		// a new frame each time, or the browser's way back would go through them
		const src = link && Object.assign(new URL(link.href), { search: "?alone" });
		seen.replaceChildren(...(link ? [h("iframe", { src, title: link.textContent })] : []));
		count.textContent = `${at + 1} of ${steps.length}`;
	}

	const go = (key) => {
		if (key === "Escape") dialog.close();
		else if (/Right|Down/.test(key)) show(at + 1);
		else if (/Left|Up/.test(key)) show(at - 1);
	};
	dialog.addEventListener("keydown", ({ key }) => go(key));
	window.addEventListener("message", ({ data }) => dialog.open && go(String(data))); // keys that a frame had
	document.body.append(dialog);
	place.append(button("Present", () => (dialog.showModal(), next.focus(), show(0))));
})();
