import { encodePng } from "@drum/diffusion";
import { describe, expect, it } from "vitest";
import { readPictureSettings } from "./picture-settings.ts";

// Texts as the programs write them: A1111's modules/processing.py, ComfyUI's nodes.py, InvokeAI's metadata, SwarmUI's and NovelAI's.

const png = await encodePng({ width: 2, height: 1, data: new Uint8Array(6) });

/** A picture that has these texts as tEXt; checksums are not looked at. */
async function read(texts: Record<string, string>) {
	const chunks = Object.entries(texts).map(([keyword, text]) => {
		const data = Buffer.from(`${keyword}\0${text}`, "latin1");
		const frame = Buffer.alloc(12 + data.length);
		frame.writeUInt32BE(data.length);
		frame.write("tEXt", 4, "latin1");
		frame.set(data, 8);
		return frame;
	});
	return readPictureSettings(Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]));
}

const link = (id: number) => [String(id), 0];
const node = (class_type: string, inputs: object) => ({ class_type, inputs });

describe("a picture of another program gives its settings", () => {
	it("of Stable Diffusion web UI, without its marks", async () => {
		const parameters =
			"a lighthouse, (storm:1.2), [fog:0.8],\nat night <lora:x:0.8>\nNegative prompt: blurry, (hands:1.4)\n" +
			'Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.5, Seed: 1234, Size: 512x768, Lora hashes: "x: 6c, y: 7", Model: v1-5';
		expect(await read({ parameters })).toEqual({
			...{
				program: "Stable Diffusion web UI",
				prompt: "a lighthouse, storm, fog,\nat night",
				negativePrompt: "blurry, hands",
			},
			...{
				alpha: 0,
				references: [],
				negativeReferences: [],
				seed: 1234,
				numInferenceSteps: 20,
				guidanceScale: 7.5,
				scheduler: "dpm++2m-karras",
			},
			...{ model: "v1-5", width: 2, height: 1 },
		});
		const short = await read({ parameters: "a cat\nSteps: 4, Sampler: Euler a, Seed: 7" });
		expect(short).toMatchObject({ prompt: "a cat", negativePrompt: "", scheduler: "euler-ancestral", seed: 7 });
	});

	it("of ComfyUI, along the links of its graph", async () => {
		const graph = {
			3: node("KSampler", {
				seed: 5,
				steps: 20,
				cfg: 8,
				sampler_name: "euler",
				scheduler: "karras",
				positive: link(6),
				negative: link(7),
			}),
			6: node("CLIPTextEncode", { text: link(9), clip: link(4) }),
			7: node("ConditioningZeroOut", { conditioning: link(6) }),
			9: node("PrimitiveString", { value: "a lighthouse" }),
		};
		expect(await read({ prompt: JSON.stringify(graph), workflow: "{}" })).toMatchObject({
			...{ program: "ComfyUI", prompt: "a lighthouse", negativePrompt: "", seed: 5, numInferenceSteps: 20 },
			...{ guidanceScale: 8, scheduler: "euler-karras" },
		});
		const flux = {
			1: node("SamplerCustomAdvanced", { noise: link(2), guider: link(3), sampler: link(4), sigmas: link(5) }),
			2: node("RandomNoise", { noise_seed: 2 ** 40 }),
			3: node("BasicGuider", { conditioning: link(6) }),
			4: node("KSamplerSelect", { sampler_name: "euler" }),
			5: node("BasicScheduler", { steps: 4, scheduler: "simple" }),
			6: node("FluxGuidance", { guidance: 3.5, conditioning: link(7) }),
			7: node("CLIPTextEncode", { text: "a harbour" }),
		};
		expect(await read({ prompt: JSON.stringify(flux) })).toMatchObject({
			...{ prompt: "a harbour", numInferenceSteps: 4, scheduler: "euler" },
			// No request has so large a seed.
			seed: undefined,
		});
	});

	it.each([
		[
			"InvokeAI",
			{
				invokeai_metadata: {
					positive_prompt: "a star",
					negative_prompt: "red",
					seed: 3,
					steps: 9,
					cfg_scale: 6,
					model: { name: "sdxl" },
				},
			},
		],
		[
			"InvokeAI",
			{ "sd-metadata": { image: { prompt: [{ prompt: "a star", weight: 1 }], seed: 3, steps: 9, cfg_scale: 6 } } },
		],
		["SwarmUI", { parameters: { sui_image_params: { prompt: "a star", seed: 3, steps: 9, cfgscale: 6 } } }],
		["NovelAI", { Comment: { prompt: "a star", uc: "red", seed: 3, steps: 9, scale: 6 } }],
	])("of %s", async (program, texts) => {
		const written = Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, JSON.stringify(value)]));
		const numbers = { seed: 3, numInferenceSteps: 9, guidanceScale: 6 };
		expect(await read(written)).toMatchObject({ program, prompt: "a star", ...numbers });
	});
});

it.each<Record<string, string>>([
	{ parameters: "a cat" },
	{ prompt: "[]" },
	{ prompt: JSON.stringify({ 1: node("KSampler", { positive: link(1) }) }) },
	{
		prompt: JSON.stringify({
			1: node("KSampler", { positive: link(2) }),
			2: node("Reroute", { conditioning: link(1) }),
		}),
	},
	{ invokeai_metadata: '{"positive_prompt": " "}' },
	{ Comment: "made by hand" },
])("what tells no prompt is refused: %j", async (texts) => {
	await expect(read(texts)).rejects.toThrow("does not tell how it was made");
});
