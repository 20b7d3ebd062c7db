// Algorithm 1 here and in NumPy, on the same embeddings:
//   PYTHON=python3 tsx --conditions=@drum/source tooling/bench/coreset.ts [N …]
// PYTHON names an interpreter with NumPy; without it only this side runs.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { coreset } from "../../packages/coreset/src/index.ts";
import { float32, RandomState } from "../../packages/tensor/src/index.ts";

const WIDTH = 768;
const REPEATS = 5;
/** NumPy's loops are timed over this many picks at most, and scaled: their time a pick is constant. */
const MOST_PICKS = 400;

const { PYTHON } = process.env;
const counts = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "coreset-"));
try {
	const rows: Record<string, string>[] = [];
	for (const count of counts.length > 0 ? counts : [1000, 4700, 20_000, 100_000]) {
		for (const clusters of [50, 0]) {
			const embeddings = madeUp(count, clusters);
			for (const weighted of [false, true]) {
				rows.push(await compare(embeddings, clusters > 0 ? "clustered" : "random", weighted));
				process.stderr.write(".");
			}
		}
	}
	console.table(rows);
} finally {
	rmSync(folder, { recursive: true });
}

async function compare(data: Float32Array, kind: string, weighted: boolean): Promise<Record<string, string>> {
	const count = data.length / WIDTH;
	const size = Math.round(count * 0.1);
	const intensities = weighted ? ratings(count) : undefined;
	const embeddings = float32(data, [count, WIDTH]);
	const times: number[] = [];
	const lags: number[] = [];
	let picks: number[] = [];
	for (let run = 0; run < REPEATS; run++) {
		const stop = watchLag(lags);
		const start = performance.now();
		picks = await coreset(embeddings, { intensities });
		times.push((performance.now() - start) / 1000);
		stop();
	}
	const seconds = quantile(times, 0.5);
	const row = {
		N: String(count),
		embeddings: kind,
		intensities: weighted ? "1 to 5" : "none",
		"here, s": seconds.toFixed(3),
		"lag p99, ms": quantile(lags, 0.99).toFixed(1),
	};
	if (!PYTHON) return row;
	const files = [join(folder, "rows.bin"), intensities ? join(folder, "weights.bin") : ""] as const;
	writeFileSync(files[0], data);
	if (intensities) writeFileSync(files[1], intensities);
	const numpy = timeNumpy(PYTHON, "once", files, size, MOST_PICKS, REPEATS);
	const published = timeNumpy(PYTHON, "again", files, size, MOST_PICKS / 20, 1);
	const float64 = timeNumpy(PYTHON, "once", files, size, MOST_PICKS, 1, "float64");
	const sameAs = (other: readonly number[]) => {
		const first = other.findIndex((pick, i) => pick !== picks[i]);
		return `${first < 0 ? other.length : first} of ${other.length}`;
	};
	return {
		...row,
		"NumPy, s": numpy.seconds.toFixed(3),
		ratio: (seconds / numpy.seconds).toFixed(2),
		"normalising anew, s": published.seconds.toFixed(2),
		"its ratio": (seconds / published.seconds).toFixed(3),
		"as NumPy float64": sameAs(float64.picks),
		"as float32": sameAs(numpy.picks),
	};
}

function timeNumpy(
	python: string,
	rule: string,
	files: readonly [string, string],
	size: number,
	most: number,
	repeats: number,
	type = "float32",
): { seconds: number; picks: number[] } {
	// Limits that a shell set for OpenBLAS would slow NumPy down.
	const { OPENBLAS_CORETYPE: _core, OPENBLAS_L2_SIZE: _cache, ...env } = process.env;
	const script = join(import.meta.dirname, "coreset.py");
	const run = (picks: number): { seconds: number; picks: number[] } => {
		const args = [script, rule, ...files, String(WIDTH), String(picks), type];
		return JSON.parse(execFileSync(python, args, { env, encoding: "utf8" }));
	};
	const picks = Math.min(size, most);
	const runs = Array.from({ length: repeats }, () => run(picks)).sort((a, b) => a.seconds - b.seconds);
	const { seconds, picks: indices } = runs[repeats >> 1]!;
	if (picks === size) return { seconds, picks: indices };
	const set = run(1).seconds;
	return { seconds: set + ((seconds - set) / (picks - 1)) * (size - 1), picks: indices };
}

/** Unit rows in a cone, as CLIP's text features are: cosines about 0.45 across clusters, 0.7 within. Without clusters: directions at random. */
function madeUp(count: number, clusters: number): Float32Array {
	const random = new RandomState(0);
	const cone = random.randn(WIDTH);
	const centres = random.randn(clusters * WIDTH);
	const data = new Float32Array(count * WIDTH);
	for (let row = 0; row < count; row++) {
		const noise = random.randn(WIDTH);
		const cluster = clusters > 0 ? random.randint(0, clusters, 1)[0]! : 0;
		for (let k = 0; k < WIDTH; k++) {
			const middle = clusters > 0 ? cone[k]! + 0.7 * centres[cluster * WIDTH + k]! : 0;
			data[row * WIDTH + k] = middle + 0.8 * noise[k]!;
		}
	}
	return data;
}

/** Half stars, as MovieLens has them. */
function ratings(count: number): Float32Array {
	return Float32Array.from(new RandomState(1).randint(2, 11, count), (half) => half / 2);
}

/** Records by how many milliseconds a timer of 1 ms is late, until the returned function is called. */
function watchLag(lags: number[]): () => void {
	let last = performance.now();
	const timer = setInterval(() => {
		const now = performance.now();
		lags.push(Math.max(now - last - 1, 0));
		last = now;
	}, 1);
	return () => clearInterval(timer);
}

function quantile(values: readonly number[], part: number): number {
	return values.toSorted((a, b) => a - b)[Math.min(Math.floor(values.length * part), values.length - 1)] ?? 0;
}
