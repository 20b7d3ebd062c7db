import { encodePng } from "@drum/diffusion";
import { describe, expect, it } from "vitest";
import { readPictureSettings } from "./picture-settings.ts";

const image = { width: 2, height: 1, data: new Uint8Array(6) };
const read = async (parameters: Record<string, string>) => readPictureSettings(await encodePng(image, parameters));

describe("a picture's settings", () => {
	it("are all that the library wrote", async () => {
		const references = [{ prompt: "a café", intensity: 4.5 }];
		const settings = await read({
			prompt: "a star",
			negativePrompt: "red",
			alpha: "0.3",
			references: JSON.stringify(references),
			model: "stabilityai/sdxl-turbo",
			seed: "4294967295",
			numInferenceSteps: "25",
			guidanceScale: "7.5",
			scheduler: "euler",
		});
		expect(settings).toEqual({
			prompt: "a star",
			negativePrompt: "red",
			alpha: 0.3,
			references,
			model: "stabilityai/sdxl-turbo",
			seed: 4294967295,
			numInferenceSteps: 25,
			guidanceScale: 7.5,
			scheduler: "euler",
			width: 2,
			height: 1,
		});
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
		["without a prompt", { seed: "1" }],
	])("are not there in a picture %s, and that is said", async (_, parameters) => {
		const png = await encodePng(image, parameters);
		await expect(readPictureSettings(png)).rejects.toThrow("does not tell how it was made");
	});
});
