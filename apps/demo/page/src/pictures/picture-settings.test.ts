import { encodePng, GeneratedImage, type ParameterValue } from "@drum/diffusion";
import { describe, expect, it } from "vitest";
import { readPictureSettings } from "./picture-settings.ts";

const image = { width: 2, height: 1, data: new Uint8Array(6) };
const read = async (parameters: Record<string, ParameterValue>) =>
	readPictureSettings(await encodePng(image, parameters, { parameters: "full" }));

describe("a picture's settings", () => {
	const references = [{ prompt: "a café", intensity: 4.5 }];
	const numbers = { alpha: 0.3, seed: 4294967295, numInferenceSteps: 25, guidanceScale: 7.5 };
	const texts = { prompt: "a star", negativePrompt: "red", model: "stabilityai/sdxl-turbo", scheduler: "euler" };
	const older = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)]));

	it.each([
		["the library wrote", { ...texts, ...numbers, references }],
		["it wrote when all values were texts", { ...texts, ...older, references: JSON.stringify(references) }],
	])("are all that %s", async (_, parameters) => {
		expect(await read(parameters)).toEqual({
			prompt: "a star",
			negativePrompt: "red",
			alpha: 0.3,
			references,
			negativeReferences: [],
			model: "stabilityai/sdxl-turbo",
			seed: 4294967295,
			numInferenceSteps: 25,
			guidanceScale: 7.5,
			scheduler: "euler",
			width: 2,
			height: 1,
		});
	});

	it("of a picture that is saved as usual are all but the references", async () => {
		const picture = new GeneratedImage(image, { ...texts, ...numbers, references });
		expect(await readPictureSettings(await picture.toPng())).toMatchObject({ ...texts, ...numbers, references: [] });
	});

	it("of a plain picture have no references and α 0", async () => {
		expect(await read({ prompt: "a star", seed: "0" })).toMatchObject({ alpha: 0, references: [], seed: 0 });
	});

	it("leave open what no request can have", async () => {
		const odd = {
			prompt: "x",
			alpha: "2",
			seed: "-1",
			numInferenceSteps: "1.5",
			guidanceScale: "much",
			references: "[{",
		};
		const open = { seed: undefined, numInferenceSteps: undefined, guidanceScale: undefined };
		expect(await read(odd)).toMatchObject({ alpha: 0, references: [], ...open });
		const references = '[{"prompt":1,"intensity":1},null,{"prompt":"a","intensity":-1},{"prompt":"b","intensity":2}]';
		expect((await read({ prompt: "x", references })).references).toEqual([{ prompt: "b", intensity: 2 }]);
	});

	it.each([
		["without a text", undefined],
		["without a prompt", { seed: 1 }],
	])("are not there in a picture %s, and that is said", async (_, parameters) => {
		const png = await encodePng(image, parameters);
		await expect(readPictureSettings(png)).rejects.toThrow("does not tell how it was made");
	});
});
