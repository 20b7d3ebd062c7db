import * as pipeline from "@drum/pipeline";
import * as flux from "@drum/pipelines-flux";
import * as sd from "@drum/pipelines-sd";
import { ArgumentError } from "@drum/tensor";
import { describe, expect, test } from "vitest";

/** A service's own class names what it is given, without type arguments. */
class Service {
	readonly drum: sd.DrUM;
	readonly same: pipeline.DrUM | flux.DrUM;

	constructor(drum: sd.DrUM) {
		this.drum = drum;
		this.same = drum;
	}

	async draw(prompt: string): Promise<Uint8Array> {
		const { images } = await this.drum.generate(prompt, { numInferenceSteps: 2, guidanceScale: 4 });
		const image: sd.GeneratedImage | undefined = images[0];
		return sd.encodePng(image!);
	}
}

describe.each(Object.entries({ pipeline, sd, flux }))("of %s alone", (_, { DrUM, DrumError, encodePng, Profile }) => {
	test("its errors are told by class and by code", async () => {
		const error = await encodePng({ width: 1, height: 1, data: new Uint8Array(2) }).catch((cause: unknown) => cause);
		expect(error).toBeInstanceOf(DrumError);
		expect(DrumError.is(error) && error.code).toBe("argument");
		expect(new ArgumentError({ what: "x" })).toBeInstanceOf(DrumError);
	});

	test("DrUM and Profile are the same classes as the others'", () => {
		expect([DrUM, DrumError, Profile]).toEqual([pipeline.DrUM, pipeline.DrumError, pipeline.Profile]);
	});
});

test("a class may hold a DrUM", async () => {
	const drum = { generate: async () => ({ images: [{ width: 1, height: 1, data: new Uint8Array(3) }] }) };
	expect((await new Service(drum as unknown as sd.DrUM).draw("a star")).length).toBeGreaterThan(8);
});
