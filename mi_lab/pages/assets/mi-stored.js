// Bars of stored values for each choice that the controls offer. What is said of them comes with them.
"use strict";
window.MILab.widgets.stored = ({ model, el }) => {
	const { chart, panel } = window.MILab;
	const { title, controls, choices, sources, width } = model.get("shown");
	panel(el, model, {
		title,
		controls,
		update: (state) => {
			const { bars, range, label, summary, source } = choices[controls.map(({ key }) => state[key]).join(" ")];
			const y = { range: [bars.length - 0.4, -0.6], ticks: bars.map((_, i) => i), shown: (i) => bars[i][0] };
			const picture = chart({ x: { range, label }, y, width, height: 210, alt: `Bars: ${summary}` });
			bars.forEach(([, value, reported, text], i) => {
				picture.area([[0, i - 0.3], [value, i - 0.3], [value, i + 0.3], [0, i + 0.3]], { class: "draw" });
				if (reported !== null) picture.dot(reported, i, { class: "chosen", r: 5 });
				picture.text(0, i, text, { dx: 4, dy: 4 });
			});
			return { drawing: [picture.svg], summary, source: sources[source], table: null };
		},
	});
};
