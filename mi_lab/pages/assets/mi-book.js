// Draws the book's figures when they come near the view, in the colours of the page's theme.
// A classic script: modules and fetch() are refused on file:// pages.
(() => {
	"use strict";
	const here = new URL(".", document.currentScript.src).href;
	const drawn = new Set();
	let loading = null;
	let printing = false;

	function plotly() {
		loading ??= new Promise((resolve, reject) => {
			const script = document.createElement("script");
			script.src = here + "mi-lab/plotly-cartesian.min.js";
			script.onload = () => resolve(window.Plotly);
			script.onerror = () => reject(new Error("plotly-cartesian.min.js could not be loaded"));
			document.head.append(script);
		});
		return loading;
	}

	// Of the theme; on paper dark on white.
	function colours() {
		const style = getComputedStyle(document.documentElement);
		const css = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
		const text = printing ? "#222832" : css("--pst-color-text-base", "#222832");
		const grid = printing ? "#d0d5da" : css("--pst-color-border", "#d0d5da");
		return { text, axis: { color: text, gridcolor: grid, linecolor: grid } };
	}

	const axes = (layout) => Object.keys(layout).filter((name) => /^.axis/.test(name));

	function themed(element, layout) {
		const { text, axis } = colours();
		const narrow = element.clientWidth < 600;
		const below = { orientation: "h", x: 0, y: -95 / layout.height, yanchor: "top", font: { size: 11 } };
		return {
			...layout,
			autosize: true,
			width: undefined,
			paper_bgcolor: "rgba(0,0,0,0)",
			plot_bgcolor: "rgba(0,0,0,0)",
			font: { ...layout.font, color: text, family: "inherit" },
			...Object.fromEntries(axes(layout).map((name) => [name, { ...layout[name], ...axis }])),
			legend: narrow ? { ...layout.legend, ...below, title: { ...layout.legend?.title, side: "top" } } : layout.legend,
			height: narrow ? layout.height + 70 : layout.height,
			margin: narrow ? { ...layout.margin, l: 45 } : layout.margin,
		};
	}

	async function draw(element) {
		if (drawn.has(element)) return;
		drawn.add(element);
		const figure = JSON.parse(element.querySelector("script").textContent);
		element.miFigure = figure;
		const Plotly = await plotly();
		const config = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };
		const target = document.createElement("div");
		element.append(target);
		await Plotly.newPlot(target, figure.data, themed(element, figure.layout), config);
		element.dataset.drawn = "true";
	}

	function redraw() {
		for (const element of drawn) {
			const target = element.querySelector(".js-plotly-plot");
			if (!target) continue;
			// keep the reader's zoom
			const layout = themed(element, element.miFigure.layout);
			for (const name of axes(layout)) layout[name].range = target.layout[name].range;
			window.Plotly.react(target, element.miFigure.data, layout, target._context);
		}
	}

	function start() {
		const figures = [...document.querySelectorAll(".mi-plot")];
		if (!figures.length) return;
		const observer = new IntersectionObserver(
			(entries) => entries.filter((e) => e.isIntersecting).forEach((e) => { observer.unobserve(e.target); draw(e.target); }),
			{ rootMargin: "400px" },
		);
		figures.forEach((figure) => observer.observe(figure));
		new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
		window.addEventListener("beforeprint", () => { printing = true; figures.forEach(draw); redraw(); });
		window.addEventListener("afterprint", () => { printing = false; redraw(); });
	}

	if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
	else start();
})();
