import { openRepository } from "@drum/hub";
import { Flux } from "@drum/pipelines-flux";
import { GeneratedImage, Profile } from "@drum/pipelines-sd";
import { tinyRun } from "./tiny-run.ts";

// What a page imports that does all that it can do in a browser, and what it then does first.

const calls = {
	draw: () => tinyRun("./model", "./drum", "wasm"),
	/** What it has not loaded yet. */
	save: async () => (await new GeneratedImage({ width: 1, height: 1, data: new Uint8Array(3) }, {}).toPng()).length,
	others: async () => [Flux, openRepository, Profile].map(({ name }) => name),
};

export type Calls = typeof calls;
Object.assign(globalThis, { calls });
