// One training step of a critic with one hidden ELU layer, the same as mi_lab's: scores, gradient, Adam. In nats.
// Made by functions, whose text a worker can be given: file:// pages may not load worker files.
(() => {
	"use strict";
	window.MILab.makeTrainer = ({ bounds, logMeanExp, logSumExp, permutation, uniforms, normals, rhoOf }) => {
		// The parameters in one array: first layer (2·dim × width, row by row), its biases, second layer, its bias.
		function create({ estimator, negatives, dim = 20, width, rate, mi, n, seed }) {
			const count = 2 * dim * width + 2 * width + 1, uniform = uniforms(seed);
			const within = (fanIn) => (2 * uniform() - 1) / Math.sqrt(fanIn);
			const parameters = Float64Array.from({ length: count }, (_, i) => within(i < (2 * dim + 1) * width ? 2 * dim : width));
			const zeros = () => new Float64Array(count);
			return {
				estimator, negatives, dim, width, rate, n, rho: rhoOf(mi, dim), uniform, normal: normals(uniform),
				parameters, gradient: zeros(), means: zeros(), squares: zeros(), steps: 0, logAverage: null,
			};
		}

		// n pairs as rows of dim numbers, and whose y each x_i gets as its negative; null for all pairs.
		function draw({ n, dim, rho, normal, uniform, negatives }) {
			const x = Float64Array.from({ length: n * dim }, normal), rest = Math.sqrt(1 - rho * rho);
			const y = x.map((value) => rho * value + rest * normal());
			return { x, y, index: negatives === "all_pairs" ? null : permutation(n, uniform, negatives === "shuffle") };
		}

		// Four inputs at a time, which is what makes it fast; dim is a multiple of four.
		const fours = (inputs, dim, width, from, work) => {
			for (let i = 0, rows = inputs.length / dim; i < rows; i++) {
				for (let k = 0; k < dim; k += 4) {
					const at = i * dim + k;
					work(i * width, from + k * width, inputs[at], inputs[at + 1], inputs[at + 2], inputs[at + 3]);
				}
			}
		};

		// out (rows × width) += rows of `inputs` times the weights that start at `from`.
		function multiply(inputs, weights, from, dim, width, out) {
			fours(inputs, dim, width, from, (o, w, a, b, c, d) => {
				for (let l = 0; l < width; l++, o++, w++) {
					out[o] += a * weights[w] + b * weights[w + width] + c * weights[w + 2 * width] + d * weights[w + 3 * width];
				}
			});
		}

		// Gradient of those weights += inputs, turned over, times `grad` (rows × width).
		function pullBack(inputs, grad, from, dim, width, out) {
			fours(inputs, dim, width, from, (o, w, a, b, c, d) => {
				for (let l = 0; l < width; l++, o++, w++) {
					const g = grad[o];
					out[w] += a * g;
					out[w + width] += b * g;
					out[w + 2 * width] += c * g;
					out[w + 3 * width] += d * g;
				}
			});
		}

		// Scores and activations of the pairs (i, i), then (i, index[i]) or all (i, j), j ≠ i.
		function forward({ parameters, dim, width }, { x, y, index }) {
			const n = x.length / dim, others = index ? 1 : n - 1, bias = 2 * dim * width, second = bias + width;
			const fromX = new Float64Array(n * width), fromY = new Float64Array(n * width);
			for (let i = 0; i < n; i++) for (let l = 0; l < width; l++) fromX[i * width + l] = parameters[bias + l];
			multiply(x, parameters, 0, dim, width, fromX);
			multiply(y, parameters, dim * width, dim, width, fromY);
			const partner = new Int32Array(n * (1 + others)), activations = new Float64Array(partner.length * width);
			const scores = new Float64Array(partner.length);
			for (let p = 0; p < partner.length; p++) {
				const i = p < n ? p : Math.floor((p - n) / others), m = (p - n) % others;
				const j = (partner[p] = p < n ? i : index ? index[i] : m + (m >= i));
				let score = parameters[second + width];
				for (let l = 0; l < width; l++) {
					const z = fromX[i * width + l] + fromY[j * width + l], a = z > 0 ? z : Math.expm1(z);
					activations[p * width + l] = a;
					score += parameters[second + l] * a;
				}
				scores[p] = score;
			}
			return { n, others, partner, activations, positive: scores.subarray(0, n), negative: scores.subarray(n) };
		}

		// The objective's derivative in each score, of positives and negatives.
		function objective(model, positive, negative, others) {
			const n = positive.length, count = negative.length, sigmoid = (t) => 1 / (1 + Math.exp(-t));
			const even = () => new Float64Array(n).fill(1 / n);
			const { estimator, logAverage: old } = model;
			if (estimator.endsWith("-dv")) {
				const newest = logMeanExp(negative), averaged = estimator === "mine-dv" && old !== null;
				model.logAverage = averaged ? logSumExp([old + Math.log(0.99), newest + Math.log(0.01)]) : newest;
				return [even(), negative.map((t) => -Math.exp(t - model.logAverage) / count)];
			}
			if (estimator === "nwj-nwj") return [even(), negative.map((t) => -Math.exp(t - 1) / count)];
			if (estimator === "infonce-infonce") {
				const onPositive = new Float64Array(n), onNegative = new Float64Array(count);
				for (let i = 0; i < n; i++) {
					const row = negative.subarray(i * others, (i + 1) * others), top = Math.max(positive[i], ...row);
					const own = Math.exp(positive[i] - top), all = row.reduce((sum, t) => sum + Math.exp(t - top), own);
					onPositive[i] = (1 - own / all) / n;
					row.forEach((t, m) => { onNegative[i * others + m] = -Math.exp(t - top) / all / n; });
				}
				return [onPositive, onNegative];
			}
			return [positive.map((t) => sigmoid(-t) / n), negative.map((t) => -sigmoid(t) / count)]; // both readouts of JS
		}

		function readout({ estimator }, positive, negative, others) {
			const rows = () => Array.from(positive, (_, i) => negative.subarray(i * others, (i + 1) * others));
			// "mine-dv" is read by DV; NWJ takes a critic of JS plus one
			return bounds[estimator === "js-nwj" ? "js_nwj" : estimator.split("-")[1]](positive, estimator === "infonce-infonce" ? rows() : negative);
		}

		// The gradient of the objective in every parameter, into model.gradient.
		function backward(model, { x, y }, made, onScores) {
			const { parameters, gradient, dim, width } = model, bias = 2 * dim * width, second = bias + width;
			const { n, others, partner, activations } = made;
			const toX = new Float64Array(n * width), toY = new Float64Array(n * width);
			gradient.fill(0);
			for (let p = 0; p < partner.length; p++) {
				const i = p < n ? p : Math.floor((p - n) / others), j = partner[p];
				const weight = p < n ? onScores[0][p] : onScores[1][p - n];
				gradient[second + width] += weight;
				for (let l = 0; l < width; l++) {
					const a = activations[p * width + l], onward = weight * parameters[second + l] * (a > 0 ? 1 : a + 1);
					gradient[second + l] += weight * a;
					toX[i * width + l] += onward;
					toY[j * width + l] += onward;
				}
			}
			for (let i = 0; i < n; i++) for (let l = 0; l < width; l++) gradient[bias + l] += toX[i * width + l];
			pullBack(x, toX, 0, dim, width, gradient);
			pullBack(y, toY, dim * width, dim, width, gradient);
		}

		// Adam, upwards.
		function update({ parameters, gradient, means, squares, rate }, steps) {
			const first = 1 - 0.9 ** steps, second = 1 - 0.999 ** steps;
			for (let i = 0; i < parameters.length; i++) {
				means[i] += 0.1 * (gradient[i] - means[i]);
				squares[i] += 0.001 * (gradient[i] ** 2 - squares[i]);
				parameters[i] += (rate * (means[i] / first)) / (Math.sqrt(squares[i] / second) + 1e-8);
			}
		}

		// The estimate on a batch, which is learnt from then.
		function step(model, batch = draw(model)) {
			const made = forward(model, batch);
			const estimate = readout(model, made.positive, made.negative, made.others);
			backward(model, batch, made, objective(model, made.positive, made.negative, made.others));
			update(model, ++model.steps);
			return estimate;
		}

		return { create, draw, step };
	};

	// The worker: trains in slices of time and tells of each; { settings } begins, { pause } pauses, {} goes on.
	window.MILab.trainerWorker = (trainer, perEpoch, most) => {
		let model = null, going = false, tick = 1, told = [], next = 0;
		function slice() {
			if (!going) return;
			const from = performance.now(), before = model.steps;
			while (going && performance.now() - from < 100 && model.steps < most) {
				let sum = 0;
				for (let i = 0; i < tick; i++) sum += trainer.step(model);
				told.push([model.steps, sum / tick]);
				if (!Number.isFinite(sum)) going = false;
			}
			const rate = ((model.steps - before) * 1000) / (performance.now() - from);
			if (model.steps >= most) going = false;
			self.postMessage({ points: told, steps: model.steps, rate, going });
			told = [];
			next = setTimeout(slice, 0); // lets messages in
		}
		self.onmessage = ({ data }) => {
			if (data.settings) {
				model = trainer.create(data.settings);
				tick = Math.max(1, Math.round(perEpoch(data.settings.n) / 8));
			}
			clearTimeout(next);
			going = !data.pause;
			slice();
		};
	};
})();
