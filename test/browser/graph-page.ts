import {
	checkDevice,
	type Device,
	endRuntime,
	Graph,
	matmul,
	mul,
	quantize,
	Session,
	setRuntimeFiles,
	Weights,
} from "@drum/graph";
import { Checkpoint, float32, serializeSafetensors, type Tensor } from "@drum/tensor";

// What the tests call in the page.

setRuntimeFiles({ wasm: "ort", workers: "." });

const WIDTH = 8;
const weight = float32(
	Float32Array.from({ length: WIDTH * WIDTH }, (_, i) => Math.sin(i)),
	[WIDTH, WIDTH],
);

/** `y` = x · weight, the weight in a file that lies in the page's memory. */
async function product() {
	const file = new Blob([serializeSafetensors({ before: weight, weight })]);
	const checkpoint = await Checkpoint.open(file, { name: "weights.safetensors" });
	const graph = new Graph({ name: "product" });
	const x = graph.input("x", "float32", ["rows", WIDTH]);
	return graph.build({ y: matmul(x, new Weights(graph, checkpoint).get("weight", [WIDTH, WIDTH])) });
}

/** A matrix to the power of `times` + 1: of 1024, works for a minute. */
function long(size: number, times: number) {
	const graph = new Graph({ name: "long" });
	const x = graph.input("x", "float32", [size, size]);
	let y = x;
	for (let i = 0; i < times; i++) y = mul(matmul(y, x), 1 / size);
	return graph.build({ y });
}

/** A checkpoint without tensors. */
const NONE = { name: "none", get: () => undefined, names: () => [] };

/** A file that has lost its end since it was opened. */
async function cutShort() {
	const bytes = serializeSafetensors({ weight });
	const source = {
		name: "weights.safetensors",
		size: bytes.length,
		read: async (from: number, to: number) => bytes.slice(from, Math.min(to, bytes.length - 8)),
	};
	const graph = new Graph({ name: "product" });
	const x = graph.input("x", "float32", ["rows", WIDTH]);
	const w = new Weights(graph, await Checkpoint.open(source)).get("weight", [WIDTH, WIDTH]);
	return Session.create(graph.build({ y: matmul(x, w) }));
}

const row = (value: number) => float32(new Float32Array(WIDTH).fill(value), [1, WIDTH]);
const words = (error: unknown) => `${(error as { code?: string }).code}: ${(error as Error).message}`;

const calls = {
	isolated: async () => (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated,

	async product(device: Device) {
		await using session = await Session.create(await product(), { device });
		const { kept } = await session.runKeeping({ x: row(1) }, ["y"]);
		const { y } = await session.run({ x: kept.y! });
		await kept.y!.release();
		return { found: [...y!.data], expected: times(times([...row(1).data])) };
	},

	/** What people get wrong, and what they are told. */
	async refused() {
		const cpu = await Session.create(await product());
		const told = {
			device: await checkDevice("cuda").catch(words),
			feed: await cpu.run({ x: row(1), z: row(2) }).catch(words),
			dtype: await quantize(NONE, { build() {}, dtype: "int8" }).catch(words),
			cutShort: await cutShort().catch(words),
			shape: await cpu.run({ x: { ...row(1), type: "int64" } as unknown as Tensor }).catch(words),
		};
		await cpu.release();
		return { ...told, released: await cpu.run({ x: row(1) }).catch(words) };
	},

	/** A run is ended, its model is lost, and the next one is loaded by a new worker. */
	async ended() {
		const session = await Session.create(long(1024, 100));
		const running = session.run({ x: float32(new Float32Array(1024 * 1024).fill(1), [1024, 1024]) }).catch(words);
		await new Promise((done) => setTimeout(done, 100));
		endRuntime();
		const run = await running;
		const after = await calls.product("wasm");
		return { run, lost: session.lost, again: await session.run({ x: row(1) }).catch(words), after };
	},

	/** The page is free while a model runs. */
	async free() {
		await using session = await Session.create(long(512, 10));
		const running = session.run({ x: float32(new Float32Array(512 * 512).fill(1), [512, 512]) });
		let ticks = 0;
		const timer = setInterval(() => ticks++, 5);
		await running;
		clearInterval(timer);
		return ticks;
	},

	async missing() {
		setRuntimeFiles({ wasm: "nowhere", workers: "." });
		endRuntime();
		const noWasm = await Session.create(await product()).catch(words);
		setRuntimeFiles({ wasm: "ort", workers: "nowhere" });
		endRuntime();
		const noWorker = await Session.create(await product()).catch(words);
		setRuntimeFiles({ wasm: "ort", workers: "." });
		return { noWasm, noWorker, after: await calls.product("wasm") };
	},

	trial: async () => checkDevice("webgpu").catch(words),
};

function times(x: readonly number[]): number[] {
	return x.map((_, column) => x.reduce((sum, value, i) => sum + value * weight.data[i * WIDTH + column]!, 0));
}

export type Calls = typeof calls;
Object.assign(globalThis, { calls });
