// The third of the report's findings as a small figure with one slider.
"use strict";
window.MILab.widgets.findings = ({ model, el }) => {
	const { chart, format, panel, gaussian } = window.MILab;

	// Two half discs, twisted: the map can be undone, so MI stays; a line reads less and less.
	panel(el, model, {
		title: "MI needs a reader",
		controls: [{ key: "twist", label: "twist", unit: "turns", min: 0, max: 2, step: 0.05, value: 0.5 }],
		update: ({ twist }) => {
			const uniform = gaussian.uniforms(1);
			const points = Array.from({ length: 300 }, (_, i) => {
				const r = Math.sqrt(uniform()), angle = Math.PI * ((i % 2) + 0.05 + 0.9 * uniform()) + 2 * Math.PI * twist * r;
				return [r * Math.cos(angle), r * Math.sin(angle), i % 2];
			});
			const { weights: [a, b, c], loss } = logistic(points), seen = Math.LN2 - loss;
			const axis = { range: [-1.1, 1.1], ticks: [-1, 0, 1], label: "" };
			const alt = `Two classes of points, twisted by ${twist} turns, and the best line between them`;
			const picture = chart({ x: axis, y: { ...axis, label: " " }, width: 250, height: 210, alt });
			for (const [x, y, label] of points) picture.dot(x, y, { class: label ? "draw" : "chosen", r: label ? 2.5 : 3.5 });
			const ends = [-1.1, 1.1].map((t) => (Math.abs(b) > Math.abs(a) ? [t, -(c + a * t) / b] : [-(c + b * t) / a, t]));
			picture.line(ends, { class: "truth" });
			return {
				drawing: [picture.svg],
				summary: `The points say ${format(Math.LN2)} nats about their class. A straight line reads ${format(Math.max(0, seen), 2)} of them.`,
				table: { head: ["measure", "nats"], rows: [["MI of point and class", format(Math.LN2)], ["linear V-information", format(seen)]] },
			};
		},
	});

	// Logistic regression by gradient descent with momentum; its mean loss in nats.
	function logistic(points) {
		const weights = [0, 0, 0], speed = [0, 0, 0];
		let loss = 0;
		for (let step = 0; step < 300; step++) {
			const slope = [0, 0, 0];
			loss = 0;
			for (const [x, y, label] of points) {
				const t = weights[0] * x + weights[1] * y + weights[2], off = 1 / (1 + Math.exp(-t)) - label;
				loss += Math.log1p(Math.exp(label ? -t : t)) / points.length;
				[x, y, 1].forEach((v, i) => { slope[i] += (off * v) / points.length; });
			}
			slope.forEach((g, i) => { weights[i] += speed[i] = 0.9 * speed[i] - 2 * g; });
		}
		return { weights, loss };
	}
};
