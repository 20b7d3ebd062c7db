import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPngParameters } from "@drum/diffusion";
import { DrUM, Profile, StableDiffusion } from "@drum/pipelines-sd";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ADAPTERS, drum, fixtureFolder, MODEL, SD1 } from "./testing/command.ts";

// Oracle: what the packages draw when they are called by hand.

const lora = (name: string) => join(fixtureFolder("loras"), `${name}.safetensors`);
const QUICK = ["--prompt", "a lighthouse", "--steps", "1", "--seed", "42"];
const RUN = { numInferenceSteps: 1, seed: 42 };

let root: string;
beforeAll(async () => {
	root = await mkdtemp(join(tmpdir(), "cli-lora-"));
});
afterAll(() => rm(root, { recursive: true }));

it("drum generate draws with LoRAs at their scales, and drum profile makes profiles for them", async () => {
	const history = join(root, "history.jsonl");
	await writeFile(history, '{"prompt":"neon signs"}\n{"prompt":"woodblock print"}\n');
	const [plain, under] = ["plain", "under"].map((name) => join(root, `${name}.safetensors`)) as [string, string];
	const loras = ["--lora", `${lora("sd1-style")}=0.7`, "--lora", lora("sd1-sketch")];
	const making = ["profile", "--model", SD1, "--history", history, "--out"];
	expect((await drum([...making, plain])).code).toBe(0);
	expect(await drum([...making, under, ...loras])).toMatchObject({ code: 0 });

	await using sd = await StableDiffusion.fromPretrained(SD1);
	await sd.loadLora(lora("sd1-style"), { scale: 0.7 });
	await sd.loadLora(lora("sd1-sketch"));
	const own = await DrUM.attach(sd, { adapters: ADAPTERS });
	const profile = await own.profile([{ prompt: "neon signs" }, { prompt: "woodblock print" }]);
	expect((await Profile.load(under)).fingerprints).toEqual(profile.fingerprints);
	expect((await Profile.load(plain)).fingerprints).not.toEqual(profile.fingerprints);

	const drawing = ["generate", ...MODEL, ...QUICK, ...loras, "--out"];
	const drawn = await drum([...drawing, join(root, "out"), "--profile", under, "--json"]);
	expect(drawn.code, drawn.stderr).toBe(0);
	const { files, parameters } = JSON.parse(drawn.stdout);
	expect(parameters.loras).toMatchObject([
		{ name: "sd1-style", scale: 0.7 },
		{ name: "sd1-sketch", scale: 1 },
	]);
	const kept = await own.loadProfile(under);
	const { images } = await own.generate("a lighthouse", { ...RUN, profile: kept });
	const file = await readFile(files[0]);
	expect(readPngParameters(file)?.loras).toEqual(readPngParameters(await images[0]!.toPng())?.loras);
	expect(Buffer.compare(file, await images[0]!.toPng())).toBe(0);

	const refused = await drum([...drawing, join(root, "none"), "--profile", plain]);
	expect([refused.code, refused.stderr]).toEqual([
		2,
		expect.stringMatching(/profile: expected one made .*the LoRAs of this call/),
	]);
	const chosen = await drum(["coreset", "--model", SD1, "--history", history, "--size", "1", ...loras]);
	expect(chosen.code, chosen.stderr).toBe(0);
});

it("a wrong --lora is told before a model is opened", async () => {
	const run = ["generate", "--model", join(root, "no-model"), ...QUICK, "--lora"];
	expect((await drum([...run, "style.safetensors=much"])).stderr).toMatch(/--lora.*number after =/);
	expect((await drum([...run, join(root, "none.safetensors")])).stderr).toMatch(/none\.safetensors.*no such file/);
	expect((await drum([...run, "style.safetensors=1e39"])).code).toBe(2);
});
