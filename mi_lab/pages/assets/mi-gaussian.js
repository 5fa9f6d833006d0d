// Correlated Gaussians, negatives and the bounds, as in mi_lab.estimation: same draws, same numbers. Values in nats.
window.MILab.makeGaussian = () => {
	"use strict";
	const miOf = (rho, dim) => (-dim / 2) * Math.log1p(-rho * rho);
	const rhoOf = (mi, dim) => Math.sqrt(-Math.expm1((-2 * mi) / dim));

	// Uniform numbers in [0, 1) from a seed: mulberry32.
	function uniforms(seed) {
		let s = seed >>> 0;
		return () => {
			s = (s + 0x6d2b79f5) | 0;
			let t = Math.imul(s ^ (s >>> 15), 1 | s);
			t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
			return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
		};
	}

	// Standard normal numbers: Box-Muller.
	function normals(uniform) {
		const spare = [];
		return () => {
			if (spare.length) return spare.pop();
			const radius = Math.sqrt(-2 * Math.log(1 - uniform())), angle = 2 * Math.PI * uniform();
			spare.push(radius * Math.sin(angle));
			return radius * Math.cos(angle);
		};
	}

	// n pairs of dim components each: { x, y } as arrays of rows.
	function sample(n, dim, rho, normal) {
		const row = () => Float64Array.from({ length: dim }, normal);
		const x = Array.from({ length: n }, row), rest = Math.sqrt(1 - rho * rho);
		return { x, y: x.map((a) => a.map((value) => rho * value + rest * normal())) };
	}

	// A uniform permutation of 0 … n-1; without fixed points if asked.
	function permutation(n, uniform, fixed = true) {
		const index = Array.from({ length: n }, (_, i) => i);
		do {
			for (let i = n - 1; i > 0; i--) {
				const j = Math.floor(uniform() * (i + 1));
				[index[i], index[j]] = [index[j], index[i]];
			}
		} while (!fixed && index.some((j, i) => j === i));
		return index;
	}

	// log p(x, y) / (p(x) p(y)) of one pair.
	function logRatio(x, y, rho) {
		let product = 0, squares = 0;
		for (let i = 0; i < x.length; i++) {
			product += x[i] * y[i];
			squares += x[i] * x[i] + y[i] * y[i];
		}
		return miOf(rho, x.length) + (rho / (2 * (1 - rho * rho))) * (2 * product - rho * squares);
	}

	const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
	function logSumExp(values) {
		const top = values.reduce((a, b) => Math.max(a, b), -Infinity);
		return Number.isFinite(top) ? top + Math.log(values.reduce((sum, v) => sum + Math.exp(v - top), 0)) : top;
	}
	const logMeanExp = (values) => logSumExp(values) - Math.log(values.length);

	// Scores of positives, and of all negatives in one list; InfoNCE takes a list per positive.
	const bounds = {
		dv: (positive, negative) => mean(positive) - logMeanExp(negative),
		nwj: (positive, negative) => mean(positive) - Math.exp(logMeanExp(negative) - 1),
		js_nwj: (positive, negative) => 1 + mean(positive) - Math.exp(logMeanExp(negative)),
		plug_in: (positive) => mean(positive),
		infonce: (positive, rows) =>
			mean(positive.map((score, i) => score - logSumExp([score, ...rows[i]]) + Math.log(rows[i].length + 1))),
	};

	// I_N, what a shuffle of n leaves between positives and negatives: its integral over the log ratio, which is
	// MI + ρ s with s the sum of dim / 2 numbers of Laplace's distribution. dim is even.
	const STEP = 0.1;
	function ceiling(mi, dim, n) {
		const rho = rhoOf(mi, dim);
		return laplaceSum(dim / 2).reduce((sum, density, i) => {
			const t = i * STEP, both = i ? [t, -t] : [0];
			return sum + STEP * density * both.reduce((inner, s) => inner + seen(mi + rho * s), 0);
		}, 0);
		function seen(pmi) {
			return pmi > 0 ? -Math.log(1 / n + (1 - 1 / n) * Math.exp(-pmi)) : pmi - Math.log(Math.exp(pmi) / n + 1 - 1 / n);
		}
	}

	// The density of that sum at 0, STEP, 2 STEP …, as far as there is any.
	const densities = {};
	function laplaceSum(k) {
		const log = (m) => Array.from({ length: m }, (_, i) => Math.log(i + 1)).reduce((a, b) => a + b, 0); // of m!
		const weights = Array.from({ length: k }, (_, j) => log(k - 1 + j) - log(j) - log(k - 1) - log(k - 1 - j) - (k + j) * Math.LN2);
		const at = (t) => weights.reduce((sum, weight, j) => sum + Math.exp(weight - t) * t ** (k - 1 - j), 0);
		return (densities[k] ??= Array.from({ length: (40 + 4 * k) / STEP }, (_, i) => at(i * STEP)));
	}

	return { miOf, rhoOf, uniforms, normals, sample, permutation, logRatio, mean, logSumExp, logMeanExp, bounds, ceiling };
};
window.MILab.gaussian = window.MILab.makeGaussian();
