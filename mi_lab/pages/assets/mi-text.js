// What answers in the text: values light their curve, words tell their meaning, links of a section share a stop.
(() => {
	"use strict";
	const { h, button, plotted } = window.MILab;

	// While it is pointed at or has the focus.
	function answers(element, show, hide) {
		for (const name of ["mouseenter", "focusin"]) element.addEventListener(name, show);
		for (const name of ["mouseleave", "focusout"]) {
			element.addEventListener(name, () => (name === "focusout" || !element.contains(document.activeElement)) && hide());
		}
	}

	// A value makes its curve stand out; a click shows the figure.
	for (const value of document.querySelectorAll(".mi-curve")) {
		const [, id, curve] = value.dataset.curve.match(/(\S+) (.*)/), figure = document.getElementById(id), element = figure.querySelector(".mi-plot");
		const light = async (on) => {
			const plot = await plotted(element);
			for (const line of plot.querySelectorAll(".scatterlayer .trace")) {
				const { legendgroup, name, mode } = line.__data__[0].trace;
				line.classList.toggle("mi-faint", on && mode !== "markers" && (legendgroup || name) !== curve);
			}
		};
		const title = `${curve} in ${figure.querySelector("figcaption strong").textContent}`;
		const own = button("", () => (light(true), element.scrollIntoView({ block: "nearest" })), { class: "mi-curve", title });
		own.append(...value.childNodes);
		answers(own, () => light(true), () => light(false));
		value.replaceWith(own);
	}

	// A word of the glossary shows its meaning to a pointer, the focus or a first tap; Escape takes it away.
	const tips = [...document.querySelectorAll("a.mi-term")].map((word, i) => {
		const tip = h("span", { class: "mi-tip", role: "tooltip", id: `mi-tip-${i}`, hidden: "" }, word.title);
		let first = false;
		const show = () => {
			tips.forEach((other) => { other.hidden = true; });
			tip.hidden = false;
			tip.style.left = 0;
			tip.style.left = `${Math.min(0, document.documentElement.clientWidth - tip.getBoundingClientRect().right - 8)}px`;
		};
		const box = h("span", { class: "mi-word" });
		answers(box, show, () => { tip.hidden = true; });
		word.replaceWith(box);
		box.append(word, tip);
		word.removeAttribute("title");
		word.setAttribute("aria-describedby", tip.id);
		word.addEventListener("pointerdown", (event) => { first = event.pointerType === "touch" && tip.hidden; });
		word.addEventListener("click", (event) => first && event.preventDefault());
		return tip;
	});
	document.addEventListener("keydown", ({ key }) => key === "Escape" && tips.forEach((tip) => { tip.hidden = true; }));

	// The links of a menu or a section are one stop of the tab key; arrows go from one to the next.
	const blocks = new Map();
	for (const link of document.querySelectorAll("nav :is(a, summary), .bd-article :is(a[href]:not(.headerlink), .mi-curve)")) {
		const block = link.closest("figure, .mi-widget, article details") ? null : link.closest("nav, section");
		if (block) blocks.set(block, [...(blocks.get(block) ?? []), link]);
	}
	for (const links of blocks.values()) {
		if (links.length < 2 || links.every((link) => link.tabIndex < 0)) continue;
		const one = (chosen) => links.forEach((link) => { link.tabIndex = link === chosen ? 0 : -1; });
		links.forEach((link) => {
			link.classList.add("mi-shared");
			link.addEventListener("focus", () => one(link));
			link.addEventListener("keydown", (event) => {
				const seen = links.filter((other) => other.checkVisibility());
				const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key], next = seen[seen.indexOf(link) + step];
				if (!next) return;
				event.preventDefault();
				next.focus();
			});
		});
		one(links.find((link) => link.closest(".current, .active")) ?? links[0]);
	}
})();
