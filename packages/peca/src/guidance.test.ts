import { Adapter, type ReadyReferences } from "@drum/peca";
import { float32, type Tensor, TorchGenerator } from "@drum/tensor";
import { type MadeUpAdapter, MadeUpEncoder, madeUpAdapter, type Sizes, temporaryFolder } from "@drum/test-made-up";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { plainAdapter } from "./testing/plain-adapter.ts";

// Oracle: the whole adapter in float64, condition by condition as equation 2 is printed.

const CLIP: Sizes = { width: 16, heads: 4, tokens: 7 };
const T5: Sizes = { width: 32, heads: 8, tokens: 6, hasClassRow: false };
const { folder, remove } = await temporaryFolder();
afterAll(remove);

interface Setup {
	sizes: Sizes;
	encoder: MadeUpEncoder;
	made: MadeUpAdapter;
	keeping: Adapter;
	passing: Adapter;
}

async function setUp(sizes: Sizes, inner?: number): Promise<Setup> {
	const encoder = new MadeUpEncoder(sizes);
	const made = await madeUpAdapter(folder, sizes, { layers: 3, ...(inner && { inner }) });
	const options = { weights: made.checkpoint, encoder, threads: 1 };
	return {
		sizes,
		encoder,
		made,
		keeping: Adapter.create(options),
		passing: Adapter.create({ ...options, keptBytes: 0 }),
	};
}

const clip = await setUp(CLIP);
const t5 = await setUp(T5, 8);
afterAll(async () => {
	for (const { keeping, passing } of [clip, t5]) await Promise.all([keeping.release(), passing.release()]);
});

function states(count: number, { tokens, width }: Sizes, seed: number): Tensor<"float32"> {
	return float32(new TorchGenerator(seed).randn([count, tokens, width]).data, [count, tokens, width]);
}

function rows({ data, dims }: Tensor<"float32">, i = 0): number[][] {
	const [, tokens, width] = dims as [number, number, number];
	return Array.from({ length: tokens }, (_, t) => [
		...data.subarray((i * tokens + t) * width, (i * tokens + t + 1) * width),
	]);
}

async function run(
	adapter: Adapter,
	target: Tensor<"float32">,
	references: Tensor<"float32">,
	intensities: readonly number[],
	alpha: number,
): Promise<Float32Array> {
	const ready: ReadyReferences = await adapter.ready(references, intensities);
	const { hidden, classRows } = await adapter.personalize(target, ready, alpha);
	await ready.release();
	return Float32Array.from([...hidden.data, ...(classRows?.data ?? [])]);
}

async function expected(
	{ made, keeping, sizes }: Setup,
	target: Tensor<"float32">,
	references: Tensor<"float32">,
	intensities: readonly number[],
	alpha: number,
): Promise<number[]> {
	const baseQuery = rows(await keeping.baseQuery());
	const { inner, heads } = keeping.config;
	expect([inner / heads, baseQuery.length]).toEqual([sizes.width / sizes.heads, keeping.config.rows]);
	const out = Array.from({ length: target.dims[0]! }, (_, i) =>
		plainAdapter({
			weights: made.weights,
			heads,
			baseQuery,
			target: rows(target, i),
			references: intensities.map((_, r) => rows(references, r)),
			intensities,
			alpha,
		}),
	);
	const hidden = out.flatMap((each) => each.slice(0, sizes.tokens).flat());
	return [...hidden, ...out.flatMap((each) => each.slice(sizes.tokens).flat())];
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
	expect(a.length).toBe(b.length);
	return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

const weighted = (count: number) => Array.from({ length: count }, (_, i) => (i % 3 === 1 ? 0 : (i * 7.3) % 5 || 1));

describe.each([
	["an adapter of the encoder's width with a class row", clip],
	["a reduced adapter without one", t5],
] as const)("%s", (_, setup) => {
	test.each([1, 2, 15, 16, 17, 33, 50])(
		"guides by %i references as in equation 2, with keys and values kept or not",
		async (n) => {
			const { sizes } = setup;
			const [target, references] = [states(2, sizes, n), states(n, sizes, n + 1)];
			const intensities = weighted(n);
			for (const alpha of [0, 0.3, 1]) {
				const truth = await expected(setup, target, references, intensities, alpha);
				for (const adapter of [setup.keeping, setup.passing])
					expect(distance(await run(adapter, target, references, intensities, alpha), truth)).toBeLessThan(2e-5);
			}
		},
	);

	test("handles several targets like each alone", async () => {
		const { sizes, keeping } = setup;
		const [targets, references] = [states(3, sizes, 5), states(4, sizes, 6)];
		const together = await keeping.personalize(targets, await keeping.ready(references, [1, 2, 0, 4]), 0.6);
		const size = sizes.tokens * sizes.width;
		for (let i = 0; i < 3; i++) {
			const one = float32(targets.data.slice(i * size, (i + 1) * size), [1, sizes.tokens, sizes.width]);
			const alone = await keeping.personalize(one, await keeping.ready(references, [1, 2, 0, 4]), 0.6);
			expect(distance(together.hidden.data.subarray(i * size, (i + 1) * size), alone.hidden.data)).toBeLessThan(1e-5);
		}
	});
});

describe("the result does not depend on", () => {
	const profile = fc.record({
		seed: fc.nat(1000),
		alpha: fc.double({ min: 0, max: 1, noNaN: true }),
		intensities: fc
			.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1, maxLength: 20 })
			.filter((all) => all.some((p) => p > 0.01)),
	});
	type Made = { seed: number; alpha: number; intensities: number[] };
	const { keeping } = clip;
	const target = states(1, CLIP, 77);
	const of = ({ seed, intensities }: Made) => states(intensities.length, CLIP, seed);
	const pick = (all: Tensor<"float32">, order: readonly number[]) =>
		float32(Float32Array.from(order.flatMap((i) => rows(all, i).flat())), [order.length, CLIP.tokens, CLIP.width]);
	const holds = (property: (made: Made, plain: Float32Array) => Promise<Float32Array>) =>
		fc.assert(
			fc.asyncProperty(profile, async (made) => {
				const plain = await run(keeping, target, of(made), made.intensities, made.alpha);
				expect(distance(await property(made, plain), plain)).toBeLessThan(2e-5);
			}),
			{ numRuns: 25 },
		);

	test("the scale of the intensities", () =>
		holds(({ alpha, ...made }, _) =>
			run(
				keeping,
				target,
				of({ alpha, ...made }),
				made.intensities.map((p) => p * 1e3),
				alpha,
			),
		));

	test("the order of the references", () =>
		holds((made) => {
			const order = [...made.intensities.keys()].reverse();
			return run(
				keeping,
				target,
				pick(of(made), order),
				order.map((i) => made.intensities[i]!),
				made.alpha,
			);
		}));

	test("whether a reference occurs twice with half its weight", () =>
		holds((made) => {
			const order = [...made.intensities.keys(), 0];
			const halved = order.map((i) => (i === 0 ? made.intensities[0]! / 2 : made.intensities[i]!));
			return run(keeping, target, pick(of(made), order), halved, made.alpha);
		}));

	test("references of weight 0", () =>
		holds((made) => {
			const references = pick(states(made.intensities.length + 1, CLIP, made.seed), [
				...made.intensities.keys(),
				made.intensities.length,
			]);
			references.data.set(of(made).data);
			return run(keeping, target, references, [...made.intensities, 0], made.alpha);
		}));

	test("α, if every reference is the target", () =>
		holds(async (made, _) => {
			const same = pick(
				target,
				made.intensities.map(() => 0),
			);
			const [without, guided] = [
				await run(keeping, target, same, made.intensities, 0),
				await run(keeping, target, same, made.intensities, made.alpha),
			];
			expect(distance(guided, without)).toBeLessThan(2e-5);
			return run(keeping, target, of(made), made.intensities, made.alpha);
		}));

	test("how huge the intensities are", async () => {
		const references = states(3, CLIP, 3);
		const huge = [Number.MAX_VALUE, Number.MAX_VALUE / 2, 0];
		expect(
			distance(
				await run(keeping, target, references, huge, 0.5),
				await run(keeping, target, references, [2, 1, 0], 0.5),
			),
		).toBeLessThan(1e-6);
	});
});
