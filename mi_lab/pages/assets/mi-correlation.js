// Correlation, mutual information and dimension of correlated Gaussians: any two give the third.
"use strict";
window.MILab.widgets.correlation = ({ model, el }) => {
	const { h, chart, format, panel, gaussian } = window.MILab;
	const { miOf, rhoOf } = gaussian;
	const MOST = 30, CLOSEST = 0.999;
	let wanted = 10; // what the reader set; a dimension may not hold it, and another may again
	const held = (mi, dim) => ({ mi: limited((wanted = mi), dim) });
	const limited = (mi, dim) => Math.min(mi, MOST, miOf(CLOSEST, dim));

	panel(el, model, {
		title: "Correlation, mutual information, dimension",
		controls: [
			{ key: "mi", label: "mutual information", unit: "nats", min: 0, max: MOST, step: 0.1, exact: true, value: 10, put: (mi, s) => (held(mi, s.dim)) },
			{
				key: "rho", label: "correlation ρ", min: 0, max: CLOSEST, step: 0.001,
				get: (s) => rhoOf(s.mi, s.dim), put: (rho, s) => held(miOf(rho, s.dim), s.dim),
			},
			{ key: "dim", label: "dimension d", min: 1, max: 100, step: 1, value: 20, put: (dim) => ({ dim, ...held(wanted, dim) }) },
		],
		python: ({ mi, dim }) => `from mi_lab import mi_from_correlation\n\nmi_from_correlation(${rhoOf(mi, dim)}, dim=${dim})  # nats\n`,
		update: (state) => {
			state.mi = limited(state.mi, state.dim);
			const { mi, dim } = state, rho = rhoOf(mi, dim);
			if (mi < limited(Infinity, dim)) wanted = mi;
			const most = wanted > mi + 1e-9 ? ` ${mi < MOST ? `A correlation of ${CLOSEST} holds no more here` : "The axis ends here"}; asked were ${format(wanted)} nats.` : "";
			const rows = [0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99].map((r) => [r, format(miOf(r, dim))]);
			return {
				drawing: [density(rho), curve(rho, mi, dim)],
				summary: `In ${dim} ${dim === 1 ? "dimension" : "dimensions"} a correlation of ${format(rho, 4)} is ${format(mi)} nats of mutual information, `
					+ `${format(mi / dim)} in each.${most}`,
				table: { head: ["correlation ρ", `MI [nats], d = ${dim}`], rows, note: "MI = −(d/2) log(1 − ρ²)" },
			};
		},
	});

	// Contours of one component's joint density: ellipses that hold 10, 30 … 90 % of the pairs.
	function density(rho) {
		const ticks = [-2, 0, 2];
		const alt = `Contours of the joint density of one component of x and y at correlation ${format(rho)}`;
		const picture = chart({ x: { range: [-3, 3], ticks, label: "xᵢ" }, y: { range: [-3, 3], ticks, label: "yᵢ" }, alt, width: 330, height: 300 });
		const { svg, px, py } = picture, unit = px(1) - px(0), tall = py(0) - py(1);
		for (const inside of [0.9, 0.7, 0.5, 0.3, 0.1]) {
			const radius = Math.sqrt(-2 * Math.log(1 - inside));
			// a circle pulled along the diagonal: rows of the matrix square root of [[1, ρ], [ρ, 1]]
			const a = (Math.sqrt(1 + rho) + Math.sqrt(1 - rho)) / 2, b = (Math.sqrt(1 + rho) - Math.sqrt(1 - rho)) / 2;
			const matrix = [a * unit, -b * tall, b * unit, -a * tall, px(0), py(0)].map((v) => v.toFixed(3));
			svg.append(h("circle", { r: radius, transform: `matrix(${matrix})`, class: "contour", "vector-effect": "non-scaling-stroke" }));
		}
		return svg;
	}

	function curve(rho, mi, dim) {
		const x = { range: [0, 1], label: "correlation ρ" };
		const y = { range: [0, MOST], label: "MI [nats]" };
		const picture = chart({ x, y, alt: `MI against correlation in ${dim} dimensions; the chosen point is ${format(rho)}, ${format(mi)} nats`, width: 400, height: 300 });
		const points = Array.from({ length: 400 }, (_, i) => i / 400).filter((r) => miOf(r, dim) <= MOST).map((r) => [r, miOf(r, dim)]);
		picture.line(points, { class: "curve" });
		picture.dot(rho, mi, { class: "chosen", r: 6 });
		return picture.svg;
	}
};
