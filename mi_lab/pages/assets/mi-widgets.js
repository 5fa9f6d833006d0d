// The runtime of the book's widgets: native inputs, one text summary, the data as a table, the state in the URL.
// A widget is render({ model, el }), as in anywidget; one file each, fetched when the widget comes near the view.
// A classic script, deferred: modules and fetch() are refused on file:// pages.
(() => {
	"use strict";
	const here = document.currentScript ? new URL(".", document.currentScript.src).href : "";
	const MILab = (window.MILab ??= { widgets: {}, parts: {} }); // parts are data that a widget loads when it is wanted

	// An element: h("p", { class: "x" }, "text", child).
	const h = (MILab.h = (tag, attributes = {}, ...children) => {
		const svg = /^(svg|path|line|text|circle|title)$/.test(tag);
		const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
		for (const [name, value] of Object.entries(attributes)) {
			if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
			else if (value !== undefined && value !== false) element.setAttribute(name, value);
		}
		element.append(...children);
		return element;
	});

	const button = (MILab.button = (words, onclick, more) => h("button", { type: "button", onclick, ...more }, words));

	// A text with values in place of their {names}.
	MILab.fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

	// A number in the form of its kind: whole ones whole, others with three digits and none of them made up, without
	// trailing zeros; powers of ten far from 1, and 0 for what rounding has left of it.
	MILab.format = (value, digits = 3) => {
		if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "not a number";
		const size = Math.abs(value);
		if (size < 1e-9) return "0";
		const far = size < 1e-3 || (size >= 1e5 && !Number.isInteger(value));
		const near = () => (Number.isInteger(value) || size >= 10 ** digits ? Math.round(value) : +value.toPrecision(digits));
		return (far ? value.toExponential(digits - 1).replace(/\.?0+e/, "e") : String(near())).replace("-", "−");
	};

	// A slider with a `power` holds the exponent of its value: 6 … 9 for 64 … 512 with power 2.
	const onSlider = ({ power }, value) => (power ? Math.log(value) / Math.log(power) : value);
	const offSlider = ({ power }, value) => (power ? +(power ** value).toPrecision(6) : +value.toFixed(6));

	// What the URL says of this widget: #id?name=value&… Only known options get through, and numbers of the slider or, if
	// `exact`, in its range.
	function fromUrl(id, controls) {
		const [target, query] = location.hash.slice(1).split("?");
		if (target !== id || !query) return {};
		const found = {};
		for (const [key, text] of new URLSearchParams(query)) {
			const control = controls.find((c) => c.key === key);
			if (!control) continue;
			if (control.options) {
				if (control.options.some(([value]) => String(value) === text)) found[key] = text;
			} else if (text.trim() !== "" && Number.isFinite(+text)) {
				const steps = (onSlider(control, +text) - control.min) / control.step, place = (control.exact ? steps : Math.round(steps)) || 0;
				found[key] = offSlider(control, Math.min(control.max, Math.max(control.min, control.min + place * control.step)));
			}
		}
		return found;
	}

	// Builds a widget's panel, as told in Python. Returned are `change` and `draw`.
	MILab.panel = (el, model, { title, controls, update, python, grid = [] }) => {
		const id = model.get("id");
		const kept = controls.filter((c) => c.value !== undefined);
		const initial = Object.fromEntries(kept.map((c) => [c.key, c.value]));
		const state = { ...initial, ...fromUrl(id, kept) };
		let told = 0;
		const summary = h("p", { class: "mi-summary", role: "status", tabindex: -1 });
		const drawn = h("div", { class: "mi-drawing" }), offered = h("p", { class: "mi-offers" });
		const details = el.querySelector("details"), note = h("p");
		const region = h("div", { tabindex: 0, role: "group", "aria-label": "Values as a table" });
		const inputs = controls.map((control) => input(control));
		const copies = model.get("live") ? [] : [copier("Copy link", () => `${location.href.split("#")[0]}${address()}`)];
		if (python) copies.push(copier("Copy as Python", () => python(state)));
		el.querySelector(".mi-still")?.remove();
		const kind = ({ press, number }) => (press ? "button" : number ? "cell" : "field");
		const [buttons, cells, fields] = ["button", "cell", "field"].map((one) => inputs.filter((_, i) => kind(controls[i]) === one).map(({ row }) => row));
		const rows = grid.map((names, r) => h("tr", {}, ...names.map((name, i) => h("th", { scope: r || !i ? "row" : "col" }, name)), ...(r ? cells.slice(2 * r - 2, 2 * r) : [])));
		const panel = h("fieldset", { class: "mi-controls" }, h("legend", {}, title), ...fields, ...(rows[0] ? [h("table", {}, ...rows)] : []), h("div", { class: "mi-buttons" }, ...buttons, button("Reset", () => change({ ...initial })), ...copies));
		el.prepend(panel, drawn, summary, offered);
		details.open = false;

		function input(control) {
			const own = `${id}-${control.key}`;
			if (control.press) {
				const row = button("", () => change(control.press(state)));
				return { row, show: () => (row.textContent = control.label?.call?.(null, state) ?? control.label) };
			}
			const read = control.get ?? ((s) => s[control.key]);
			const write = control.put ?? ((value) => ({ [control.key]: value }));
			const label = h("label", { for: own }, control.label);
			if (control.options) {
				const field = h("select", { id: own, onchange: () => change(write(field.value, state)) });
				field.append(...control.options.map(([value, text]) => h("option", { value }, text)));
				return { row: h("div", {}, label, field), show: () => (field.value = read(state)) };
			}
			const { min, max, step } = control;
			if (control.number) {
				const field = h("input", { "aria-label": control.label, type: "number", min, max, step, onchange: () => change(write(limited(+field.value), state)) });
				const limited = (value) => Math.min(max, Math.max(min, Math.round(value / step) * step || 0));
				return { row: h("td", {}, field), show: () => (field.value = read(state)) };
			}
			const field = h("input", { id: own, type: "range", min, max, step, oninput: () => change(write(offSlider(control, +field.value), state)) });
			const output = h("output", { for: own, "aria-hidden": true }); // aria-valuetext says the same
			output.style.minWidth = `${Math.max(0, ...(control.names ?? []).map((name) => name.length))}ch`; // no name moves the slider
			const show = () => {
				const value = read(state);
				field.value = onSlider(control, value);
				output.textContent = `${control.names?.[value] ?? MILab.format(value)}${control.unit ? ` ${control.unit}` : ""}`;
				field.setAttribute("aria-valuetext", output.textContent);
			};
			return { row: h("div", {}, label, field, output), show };
		}

		function change(changes) {
			Object.assign(state, changes);
			draw();
			if (!model.get("live")) told = told || setTimeout(tell, 150); // a notebook's address is not ours
		}

		// Browsers refuse an address that changes more often than ten times a second.
		function tell() {
			told = 0;
			history.replaceState(null, "", address());
		}

		function address() {
			return `#${id}?${new URLSearchParams(Object.entries(state).filter(([key]) => kept.some((c) => c.key === key)))}`;
		}

		function copier(label, text) {
			const own = button(label, () => MILab.copy(own, text()), { class: "mi-copy" });
			return own;
		}

		function draw() {
			inputs.forEach((i, place) => {
				i.show();
				i.row.hidden = !(controls[place].when?.(state) ?? true);
			});
			const { drawing = [], summary: text, table = { head: [], rows: [] }, offers = [], source } = update(state);
			drawn.replaceChildren(...drawing);
			if (summary.textContent !== text) summary.textContent = text; // it is read aloud
			const take = (changes) => (change(changes), summary.focus()); // the button that had the focus is gone
			offered.replaceChildren(...offers.map(([label, changes]) => button(label, () => take(changes))));
			if (source !== undefined) el.querySelector(".mi-provenance").hidden = source === null;
			source?.split("\n").forEach((text, i) => (el.querySelectorAll(".mi-source")[i].textContent = text));
			if (!table) return;
			const cells = (row, tag) => row.map((cell) => h(tag, tag === "th" ? { scope: "col" } : {}, String(cell)));
			const body = table.rows.map((row) => h("tr", {}, ...cells(row, "td")));
			region.replaceChildren(h("table", {}, h("thead", {}, h("tr", {}, ...cells(table.head, "th"))), h("tbody", {}, ...body)));
			note.textContent = table.note ?? "";
			if (region.isConnected) return; // in its place already, where it keeps focus and scroll
			[...details.children].slice(1).forEach((old) => old.remove());
			details.append(note, region);
		}

		draw();
		window.addEventListener("hashchange", () => {
			const asked = fromUrl(id, kept);
			if (Object.keys(asked).length) {
				Object.assign(state, asked);
				draw();
				land(el);
			}
		});
		return { change, draw };
	};

	// Copies a text, and says so on the button; shows it after the button where the browser lets no page copy.
	MILab.copy = async (button, text) => {
		const label = button.textContent;
		try {
			await navigator.clipboard.writeText(text);
			button.textContent = "Copied";
			setTimeout(() => (button.textContent = label), 1500);
		} catch {
			if (button.nextSibling?.className !== "mi-code") button.after(h("code", { class: "mi-code" }, text));
		}
	};

	// About `count` round numbers in a range.
	MILab.ticks = ([low, high], count) => {
		const rough = (high - low) / count, size = 10 ** Math.floor(Math.log10(rough));
		const step = [1, 2, 5, 10].map((m) => m * size).find((s) => s >= rough), from = Math.ceil(low / step);
		return Array.from({ length: Math.floor(high / step) - from + 1 }, (_, i) => +((from + i) * step).toFixed(6));
	};

	// A chart in SVG: text and axes in the page's own ink, so that themes and print need no care.
	// x and y are { range: [from, to], label, ticks, shown, scale }; scale maps a value to where it is drawn.
	MILab.chart = ({ x, y, alt, width = 480, height = 300, right = 12 }) => {
		for (const axis of [x, y]) axis.ticks ??= MILab.ticks(axis.range, 5);
		const left = y.label ? 62 : 100, top = 10, bottom = 46;
		const svg = h("svg", { viewBox: `0 0 ${width} ${height}`, class: "mi-chart", role: "img" }, h("title", {}, alt));
		// dots beyond the range lie on its edge; lines leave the chart, `out` times its size at most
		const place = ({ range, scale = (v) => v }, from, to) => {
			const [a, b] = range.map(scale);
			return (value, out = 0) => from + Math.min(1 + out, Math.max(-out, (scale(value) - a) / (b - a))) * (to - from);
		};
		const px = place(x, left, width - right), py = place(y, height - bottom, top);
		const add = (tag, attributes, ...words) => svg.append(h(tag, attributes, ...words));
		const across = (value, attributes) => add("line", { x1: px(value), x2: px(value), y1: top, y2: height - bottom, ...attributes });
		for (const t of x.ticks) {
			across(t, { class: "grid" });
			add("text", { x: px(t), y: height - bottom + 16, "text-anchor": "middle" }, (x.shown ?? MILab.format)(t));
		}
		for (const t of y.ticks) {
			add("line", { class: "grid", x1: left, x2: width - right, y1: py(t), y2: py(t) });
			add("text", { x: left - 6, y: py(t) + 4, "text-anchor": "end" }, (y.shown ?? MILab.format)(t));
		}
		add("text", { x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle" }, x.label);
		const middle = (top + height - bottom) / 2;
		add("text", { x: 14, y: middle, transform: `rotate(-90 14 ${middle})`, "text-anchor": "middle" }, y.label ?? "");
		const box = { x: left, y: top, width: width - right - left, height: height - bottom - top };
		const field = h("svg", { ...box, viewBox: Object.values(box).join(" ") }); // what leaves it is not drawn
		svg.append(field);
		const path = (points) => points.map(([a, b], i) => `${i ? "L" : "M"}${px(a, 9).toFixed(1)} ${py(b, 9).toFixed(1)}`).join("");
		const text = (a, b, words, attributes) => add("text", { x: px(a), y: py(b), ...attributes }, words);
		const area = (points, attributes) => field.append(h("path", { d: path(points), ...attributes }));
		const line = (points, attributes) => area(points, { fill: "none", ...attributes });
		// A horizontal line with its name above an end, or below; one above the chart is only named.
		const level = (value, words, kind, dy = -4, anchor = "end") => {
			const [start, end] = x.range, high = Math.max(...y.range);
			if (value > high) return text(start, high, ` ${words} ${MILab.format(value)} ↑`, { dy: 12 });
			line([[start, value], [end, value]], { class: kind });
			text(anchor === "end" ? end : start, value, words, { class: "note", "text-anchor": anchor, dx: anchor === "end" ? -4 : 4, dy });
		};
		return {
			svg,
			px,
			py,
			line,
			text,
			area,
			level,
			// A mark at the edge where a curve has left the chart, with the value that it has there.
			left: (points) => {
				const [low, high] = [Math.min(...y.range), Math.max(...y.range)], out = points.filter(([, v]) => v > high || v < low).at(-1);
				if (out) text(out[0], out[1] > high ? high : low, `${out[1] > high ? "▲" : "▼"} ${MILab.format(out[1])}`, { class: "left", "text-anchor": px(out[0]) > width / 2 ? "end" : "start", dy: out[1] > high ? 12 : -4 });
			},
			// What an estimate is read against: the truth, the ceiling and log N.
			levels: (truth, ceiling, n, negatives) => {
				level(Math.log(n), "log N", "log-n");
				level(ceiling, negatives === "shuffle" ? "ceiling" : "ceiling of a shuffle", "ceiling", 13);
				level(truth, "truth", "truth", -4, "start");
			},
			dot: (a, b, attributes) => add("circle", { cx: px(a), cy: py(b), r: 4, ...attributes }),
			across,
			// From a point to the name beside it, which others have pushed down.
			leader: (a, b, place) => add("line", { x1: px(a) + 4, y1: py(b), x2: px(a) + 11, y2: place, class: "grid" }),
		};
	};

	const loading = {};
	const load = (MILab.load = (file) => {
		loading[file] ??= new Promise((resolve, reject) => {
			const script = h("script", { src: `${here}${file}`, onload: resolve, onerror: () => reject(new Error(`${file} could not be loaded`)) });
			document.head.append(script);
		});
		return loading[file];
	});

	// Scrolls to a widget, again and again while what stands above it grows, until the reader moves.
	function land(el) {
		const again = () => el.scrollIntoView({ behavior: "instant" });
		const watch = new ResizeObserver(again), end = () => watch.disconnect();
		watch.observe(document.body);
		again();
		for (const own of ["wheel", "touchstart", "keydown", "pointerdown"]) window.addEventListener(own, end, { once: true, passive: true });
		setTimeout(end, 8000);
	}

	// Brings a widget to life, and returns what ends it. A notebook has all files at hand.
	const mount = (MILab.mount = async (el, { live = false } = {}) => {
		const name = el.dataset.widget;
		const data = { id: el.id, live, ...JSON.parse(el.querySelector("script")?.textContent ?? "{}") };
		try {
			if (!live) for (const file of [...data.needs, name]) await load(`mi-${file}.js`);
			return MILab.widgets[name]({ model: { get: (key) => data[key] }, el });
		} finally {
			el.dataset.ready = "true"; // if it failed, the table is there
		}
	});

	// Does `work` on each element when it comes near the view.
	MILab.whenNear = (elements, work) => {
		const seen = new IntersectionObserver((entries) => entries.filter((e) => e.isIntersecting).forEach((e) => work(e.target)), { rootMargin: "400px" });
		elements.forEach((el) => seen.observe(el));
	};

	const waiting = new Set(here ? document.querySelectorAll(".mi-widget") : []); // a notebook mounts its own;
	const wake = (el) => waiting.delete(el) && mount(el);
	const named = () => {
		const el = document.getElementById(location.hash.slice(1).split("?")[0]);
		if (el?.classList.contains("mi-widget")) Promise.resolve(wake(el)).then(() => land(el));
	};
	window.addEventListener("hashchange", named);
	named();
	MILab.whenNear(waiting, wake);
})();
