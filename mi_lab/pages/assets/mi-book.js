// Draws the book's figures when they come near the view, in the colours of the page's theme.
// A classic script, deferred, after mi-widgets.js: modules and fetch() are refused on file:// pages.
(() => {
	"use strict";
	const drawn = new Map(); // a figure's element, and what it is drawn in
	const touched = matchMedia("(any-pointer: coarse)").matches; // a swipe scrolls the page; the mode bar offers zoom
	const unwanted = ["select2d", "lasso2d", "sendChartToCloud"]; // a book without a network shares nothing
	const config = { responsive: true, displaylogo: false, modeBarButtonsToRemove: unwanted };
	let printing = false;

	// Of the theme; on paper dark on white.
	function colours() {
		const style = getComputedStyle(document.documentElement);
		const css = (name, onPaper) => (printing ? onPaper : style.getPropertyValue(name).trim());
		const text = css("--pst-color-text-base", "#222832"), grid = css("--pst-color-border", "#d0d5da");
		return { text, axis: { color: text, gridcolor: grid, linecolor: grid } };
	}

	const axes = (layout) => Object.keys(layout).filter((name) => /^.axis/.test(name));

	const isNarrow = (element) => element.clientWidth < 600;

	function themed(element, layout) {
		const { text, axis } = colours();
		const narrow = isNarrow(element);
		const below = { orientation: "h", x: 0, y: -95 / layout.height, yanchor: "top", font: { size: 11 } };
		return {
			...layout,
			autosize: true,
			width: undefined,
			paper_bgcolor: "rgba(0,0,0,0)",
			plot_bgcolor: "rgba(0,0,0,0)",
			font: { ...layout.font, color: text, family: "inherit" },
			...Object.fromEntries(axes(layout).map((name) => [name, { ...layout[name], ...axis }])),
			modebar: { bgcolor: "transparent", color: `color-mix(in srgb, ${text} 65%, transparent)`, activecolor: text },
			dragmode: touched ? false : "zoom",
			hoverdistance: touched ? -1 : 20, // a finger is seldom on the point it means
			legend: narrow ? { ...layout.legend, ...below, title: { ...layout.legend?.title, side: "top" } } : layout.legend,
			height: narrow ? layout.height + 70 : layout.height,
			margin: narrow ? { ...layout.margin, l: 45 } : layout.margin,
		};
	}

	const draw = (window.MILab.plotted = (element) => drawn.get(element) ?? drawn.set(element, plot(element)).get(element));

	async function plot(element) {
		const figure = JSON.parse(element.querySelector("script").textContent);
		element.miFigure = figure;
		await window.MILab.load("mi-lab/plotly-cartesian.min.js");
		const target = document.createElement("div");
		element.append(target);
		await window.Plotly.newPlot(target, figure.data, themed(element, figure.layout), config);
		element.dataset.drawn = "true";
		element.dataset.narrow = isNarrow(element);
		return target;
	}

	function redraw() {
		for (const element of drawn.keys()) {
			const target = element.querySelector(".js-plotly-plot");
			if (!target) continue;
			// keep the reader's zoom
			const layout = { ...themed(element, element.miFigure.layout), dragmode: target.layout.dragmode };
			element.dataset.narrow = isNarrow(element);
			for (const name of axes(layout)) layout[name].range = target.layout[name].range;
			window.Plotly.react(target, element.miFigure.data, layout, target._context);
		}
	}

	// The chapter as a notebook, with the addresses of this very book; as a script, since a browser saves no file of a file.
	document.querySelector("a.btn-download-notebook-button")?.addEventListener("click", async (event) => {
		event.preventDefault();
		const { pathname } = event.currentTarget, name = pathname.split("/").at(-1);
		await window.MILab.load(`../_sources/book/${name}.js`);
		const text = JSON.stringify(window.MILab.notebook, null, 1).replaceAll("../../book/", new URL(".", location.href).href);
		const href = URL.createObjectURL(new Blob([text], { type: "application/x-ipynb+json" }));
		window.MILab.h("a", { href, download: name }).click();
	});

	// The search of a page of the file system may read the index, and no page.
	if (location.protocol === "file:") document.querySelector(".mi-of-files")?.removeAttribute("hidden");

	// Commands that make a figure again get a button to copy them.
	for (const line of document.querySelectorAll("details.mi-provenance")) {
		line.addEventListener("toggle", () => {
			for (const code of line.querySelectorAll("code")) {
				const copy = window.MILab.button("Copy", () => window.MILab.copy(copy, code.textContent), { class: "mi-copy" });
				code.after(" ", copy);
			}
		}, { once: true });
	}

	if (document.querySelector(".mi-ask")) window.MILab.load("mi-ask.js");
	if (document.querySelector(".mi-lecture")) window.MILab.load("mi-present.js");

	// A widget or a figure alone, in the frame of a presenter, who is told the keys that are not for it.
	if (location.search === "?alone") {
		document.documentElement.classList.add("mi-alone");
		document.getElementById(location.hash.slice(1).split("?")[0])?.classList.add("mi-only");
		window.addEventListener("keydown", ({ key, target }) => {
			if (/Esc|Page/.test(key) || (/Arrow/.test(key) && !/INPUT|SELECT/.test(target.nodeName))) parent.postMessage(key, "*");
		});
	}

	// A formula that is wider than its page scrolls, and so takes the tab key; no other does.
	function stops() {
		for (const wide of document.querySelectorAll("mjx-container[display]")) {
			if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
			else wide.removeAttribute("tabindex");
		}
	}
	window.addEventListener("load", () => window.MathJax?.startup?.promise?.then(stops));
	window.addEventListener("resize", stops);

	// A choice of section and verdict above the claims.
	for (const table of document.querySelectorAll(".mi-claims")) {
		const { h } = window.MILab, rows = [...table.querySelectorAll("tbody tr")];
		const cell = (row, column) => row.children[column].textContent;
		const count = h("span", { role: "status" });
		const choices = [["section", 0], ["verdict", 2]].map(([name, column]) => {
			const select = h("select", { onchange: choose }, h("option", { value: "" }, "all"));
			select.append(...[...new Set(rows.map((row) => cell(row, column)))].map((text) => h("option", {}, text)));
			return { column, select, label: h("label", {}, `${name} `, select) };
		});
		function choose() {
			for (const row of rows) row.hidden = choices.some(({ column, select }) => select.value && select.value !== cell(row, column));
			count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} claims`;
		}
		table.before(h("p", { class: "mi-filters" }, ...choices.map(({ label }) => label), count));
		choose();
	}

	const figures = [...document.querySelectorAll(".mi-plot")];
	window.MILab.whenNear(figures, draw);
	new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
	// a phone that is turned: the legend goes where there is room
	window.addEventListener("resize", () => {
		if ([...drawn.keys()].some((element) => element.dataset.narrow && element.dataset.narrow !== String(isNarrow(element)))) redraw();
	});
	window.addEventListener("beforeprint", () => { printing = true; figures.forEach(draw); redraw(); });
	window.addEventListener("afterprint", () => { printing = false; redraw(); });
})();
