import { ArgumentError, CheckpointError } from "@drum/tensor";
import { expectClose } from "@drum/test-weights";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkImage, pixelValues } from "./pixel-values.ts";
import { parsePreprocessor } from "./preprocessor.ts";
import { resizeBicubic } from "./resample.ts";
import { described, golden } from "./testing/golden-vision.ts";
import { picture } from "./testing/pictures.ts";

// Oracle: transformers' CLIPImageProcessor over Pillow, by tooling/golden/clip_vision.py.

const parse = (json: unknown) => parsePreprocessor(json, "clip/preprocessor_config.json", 32);

describe("the model's input for pictures", () => {
	test.each(Object.entries(described.cases))(
		"%s: has the same bytes as Pillow's",
		(name, { preprocessor, pictures }) => {
			const settings = parse({ ...preprocessor, do_rescale: false, do_normalize: false });
			const expected = golden<"uint8">(`bytes.${name}`);
			const found = pixelValues(
				pictures.map((size) => picture(...size)),
				settings,
			);
			expect(found.dims).toEqual(expected.dims);
			expect([...found.data]).toEqual([...expected.data]);
		},
	);

	test.each(["squeezed", "bordered", "narrow", "cropped", "wider", "raw"])(
		"%s: has the same floats as the oracle",
		(name) => {
			const { preprocessor, pictures } = described.cases[name]!;
			const found = pixelValues(
				pictures.map((size) => picture(...size)),
				parse(preprocessor),
			);
			expectClose(found, golden(`pixels.${name}`), { absolute: 0, relative: 2e-7 });
		},
	);

	test("a picture of the right size keeps its pixels", () => {
		const size = { size: 20, from: 0, to: 20 };
		expect(resizeBicubic(picture(20, 20, 3), size, size)).toEqual(picture(20, 20, 3));
	});

	test("a picture of one colour keeps it in any size", () => {
		const extent = fc.integer({ min: 1, max: 40 });
		fc.assert(
			fc.property(extent, extent, extent, extent, fc.nat(255), (width, height, toWidth, toHeight, value) => {
				const plain = { width, height, data: new Uint8Array(width * height * 3).fill(value) };
				const columns = { size: toWidth, from: 0, to: toWidth };
				const { data } = resizeBicubic(plain, columns, { size: toHeight, from: 0, to: toHeight });
				expect(data).toEqual(new Uint8Array(toWidth * toHeight * 3).fill(value));
			}),
		);
	});

	test("a part is the same as in the whole picture", () => {
		const extent = fc.integer({ min: 1, max: 30 });
		fc.assert(
			fc.property(extent, extent, fc.integer({ min: 4, max: 40 }), fc.nat(3), (width, height, size, from) => {
				const source = picture(width, height, 3);
				const whole = { size, from: 0, to: size };
				const part = { size, from, to: size - 1 };
				const all = resizeBicubic(source, whole, whole).data;
				const cut = resizeBicubic(source, part, part);
				const at = (x: number, y: number) => all.slice((y * size + x) * 3, (y * size + x) * 3 + 3);
				for (let y = 0; y < cut.height; y++)
					for (let x = 0; x < cut.width; x++) {
						const pixel = (y * cut.width + x) * 3;
						expect(cut.data.slice(pixel, pixel + 3)).toEqual(at(x + from, y + from));
					}
			}),
			{ numRuns: 40 },
		);
	});

	test("a picture of a million columns only takes the memory of the part that is kept", () => {
		const wide = { width: 1_000_000, height: 1, data: new Uint8Array(3_000_000).fill(7) };
		const { dims, data } = pixelValues([wide], parse({ do_rescale: false, do_normalize: false }));
		expect(dims).toEqual([1, 3, 32, 32]);
		expect(new Set(data)).toEqual(new Set([7]));
	});
});

describe("preprocessor_config.json", () => {
	test("has OpenAI's settings for the model's size by default", () => {
		expect(parse({})).toEqual({
			resize: { shortest_edge: 32 },
			crop: { height: 32, width: 32 },
			rescale: 1 / 255,
			mean: [0.48145466, 0.4578275, 0.40821073],
			std: [0.26862954, 0.26130258, 0.27577711],
		});
	});

	test.each([
		["size", { shortest_edge: 32, longest_edge: 40 }],
		["size", 0],
		["crop_size", { shortest_edge: 32 }],
		["resample", 2],
		["image_mean", [0.5]],
		["image_std", [1, 0, 1]],
		["rescale_factor", "1/255"],
		["do_resize", "yes"],
	])("with %s %j is refused by that name", (field, value) => {
		const call = () => parse({ [field]: value });
		expect(call).toThrow(CheckpointError);
		expect(call).toThrow(`${field} of clip/preprocessor_config.json`);
	});
});

test.each<[string, unknown]>([
	["no object", null],
	["no pixels", { width: 0, height: 4, data: new Uint8Array(0) }],
	["a fraction of a pixel", { width: 1.5, height: 2, data: new Uint8Array(9) }],
	["too few bytes", { width: 2, height: 2, data: new Uint8Array(11) }],
	["five channels", { width: 2, height: 2, data: new Uint8Array(20) }],
	["floats", { width: 2, height: 2, data: new Float32Array(12) }],
	["a list", { width: 1, height: 1, data: [1, 2, 3] }],
])("%s is no picture", (_, image) => {
	const call = () => checkImage(image as never, "image 3");
	expect(call).toThrow(ArgumentError);
	expect(call).toThrow("image 3: expected { width, height, data }");
});
