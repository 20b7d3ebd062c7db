import { expect, it } from "vitest";
import { openModels } from "./models.ts";
import { likes, QUICK, Service } from "./testing/service.ts";
import { TINY } from "./testing/tiny.ts";

/** In pixels, of a PNG. */
const widthOf = (png: Uint8Array) => new DataView(png.buffer, png.byteOffset).getUint32(16);

it("pictures are shown by a VAE for previews while they are drawn, a few a second", async () => {
	await using service = await Service.open();
	await using models = await openModels([TINY], { previewVae: TINY.source });
	const worker = await service.startWorker(models);
	const historyId = await service.history(likes(9));
	const id = await service.send({ ...QUICK, numInferenceSteps: 20, historyId, prompt: "a star", alphas: [0.3] });
	const seen = await service.follow(id);
	expect(seen.at(-1)!.status).toBe("done");
	const widths = seen.flatMap(({ preview, preview_of: of }) => (preview && of!.step < 20 ? [widthOf(preview)] : []));
	expect(new Set(widths)).toEqual(new Set([64]));
	await worker.stop({ graceSeconds: 0 });
});

it("one that is none, or of another model's latents, is refused when the service begins", async () => {
	await expect(openModels([TINY], { previewVae: "/no/such/vae" })).rejects.toThrow(/no\/such\/vae/);
	const flux = new URL("../../../test/golden/fixtures/flux", import.meta.url).pathname;
	await expect(openModels([TINY], { previewVae: flux })).rejects.toMatchObject({ code: "checkpoint" });
});
