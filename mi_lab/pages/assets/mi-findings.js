// Two of the report's three findings, each a small figure with one slider.
"use strict";
window.MILab.widgets.findings = ({ model, el }) => {
	const { chart, format, panel, gaussian } = window.MILab;
	const size = { width: 250, height: 210 };

	const kinds = {
		// What the best critic sees under a shuffle.
		ceiling: {
			title: "A batch hides the truth",
			control: { key: "n", label: "batch size N", min: 4, max: 15, step: 1, power: 2, value: 64 },
			update: ({ n }) => {
				const line = [0.001, 2, 4, 6, 8, 10, 15, 20, 30].map((mi) => [mi, gaussian.ceiling(mi, 20, n)]);
				const range = [0, 30], x = { range, label: "true MI [nats]" }, y = { range, label: "the most that is seen" };
				const picture = chart({ x, y, ...size, alt: `The most that is seen with N = ${n}, against the truth` });
				picture.line([[0, 0], [30, 30]], { class: "reference" });
				picture.line(line, { class: "curve" });
				picture.level(Math.log(n), `log ${n}`, "log-n");
				return {
					drawing: [picture.svg],
					summary: `With batches of ${n} shuffled pairs, 30 nats look like ${format(line.at(-1)[1])}.`,
					table: { head: ["true MI", "seen"], rows: line.map((row) => row.map((v) => format(v))) },
				};
			},
		},
		// Two half discs, twisted: the map can be undone, so MI stays; a line reads less and less.
		reader: {
			title: "MI needs a reader",
			control: { key: "twist", label: "twist", unit: "turns", min: 0, max: 2, step: 0.05, value: 0.5 },
			update: ({ twist }) => {
				const uniform = gaussian.uniforms(1);
				const points = Array.from({ length: 300 }, (_, i) => {
					const r = Math.sqrt(uniform()), angle = Math.PI * ((i % 2) + 0.05 + 0.9 * uniform()) + 2 * Math.PI * twist * r;
					return [r * Math.cos(angle), r * Math.sin(angle), i % 2];
				});
				const { weights: [a, b, c], loss } = logistic(points), seen = Math.LN2 - loss;
				const axis = { range: [-1.1, 1.1], ticks: [-1, 0, 1], label: "" };
				const picture = chart({ x: axis, y: { ...axis, label: " " }, ...size, alt: `Two classes of points, twisted by ${twist} turns, and the best line between them` });
				for (const [x, y, label] of points) picture.dot(x, y, { class: label ? "draw" : "chosen", r: label ? 2.5 : 3.5 });
				const ends = [-1.1, 1.1].map((t) => (Math.abs(b) > Math.abs(a) ? [t, -(c + a * t) / b] : [-(c + b * t) / a, t]));
				picture.line(ends, { class: "truth" });
				return {
					drawing: [picture.svg],
					summary: `The points say ${format(Math.LN2)} nats about their class. A straight line reads ${format(Math.max(0, seen), 2)} of them.`,
					table: { head: ["measure", "nats"], rows: [["MI of point and class", format(Math.LN2)], ["linear V-information", format(seen)]] },
				};
			},
		},
	};

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

	const { title, control, update } = kinds[model.get("kind")];
	panel(el, model, { title, controls: [control], update });
};
