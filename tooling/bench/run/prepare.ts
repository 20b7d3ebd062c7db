import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TorchGenerator } from "../../../packages/tensor/src/index.ts";
import { writeSafetensors } from "../../../packages/tensor/src/node.ts";
import { initialParameters } from "../../../packages/training/src/initial.ts";

export interface PrepareOptions {
	folder: string;
	python: string;
	threads: number;
	say(text: string): void;
}

/** Makes what is missing of what parts need: checkpoints of random weights, and OpenVINO's form of networks. */
export async function prepare(needs: readonly string[], options: PrepareOptions): Promise<void> {
	for (const name of ["inputs", "outputs", "openvino", "results"])
		mkdirSync(join(options.folder, name), { recursive: true });
	writeInputs(options.folder);
	for (const name of needs) await make(name, options);
}

/** Of a step of each network, in billions; none before they are counted. */
export function readOperations(folder: string): Readonly<Record<string, number>> {
	const path = join(folder, "operations.json");
	return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Record<string, number>) : {};
}

async function make(name: string, options: PrepareOptions): Promise<void> {
	const { folder, threads, say } = options;
	const path = join(folder, name);
	const [place, model = ""] = name.split("/");
	const operations = readOperations(folder);
	if (existsSync(path) || existsSync(`${path}.xml`) || (place === "operations" && operations[model])) return;
	say(`making ${name}`);
	if (place === "operations") {
		const said = runPython("peers/operations.py", [folder, String(threads), "count", model], options);
		writeFileSync(join(folder, "operations.json"), JSON.stringify({ ...operations, ...JSON.parse(said) }));
	} else if (place === "openvino") {
		const [network = "", int8] = model.split("-int8");
		runPython(
			"peers/make_openvino.py",
			[folder, String(threads), int8 === undefined ? "float32" : "int8", network],
			options,
		);
	} else if (name === "adapter") {
		mkdirSync(path);
		const config = { width: 768, inner: 768, heads: 12, tokens: 77, rows: 78, layers: 10 };
		await writeSafetensors(join(path, "adapter.safetensors"), initialParameters(config, 0));
	} else if (name === "sd15") runPython("make_sd15.py", [path], options);
	else {
		const script = /^(flux|sd35)/.test(name) ? "make_families.py" : "make_few_steps.py";
		runPython(script, [folder, name], options);
	}
}

function runPython(script: string, args: readonly string[], { folder, python }: PrepareOptions): string {
	const log = openSync(join(folder, "log.txt"), "a");
	const command = [join(import.meta.dirname, "..", script), ...args];
	const { status, stdout } = spawnSync(python, command, { stdio: ["ignore", "pipe", log], encoding: "utf8" });
	if (status !== 0) throw new Error(`${script} ${args.join(" ")} ended with ${status}: see log.txt`);
	return stdout;
}

/** The same latents, conditions and prompts for all sides. */
function writeInputs(folder: string): void {
	const generator = new TorchGenerator(0);
	const numbers = { sample: [16, 128, 128], condition: [512, 4096], pooled: [2, 2048] };
	for (const [name, dims] of Object.entries(numbers))
		writeFileSync(join(folder, "inputs", `${name}.bin`), generator.randn(dims).data);
	writeFileSync(join(folder, "inputs/prompts.json"), JSON.stringify(prompts()));
}

function prompts() {
	const subjects = ["a lighthouse", "an old harbour", "two foxes", "a bowl of pears", "a steam train"];
	const styles = ["in watercolour", "as a woodcut", "at dusk, long exposure", "on wet film", "in thick oil paint"];
	const places = ["by the sea", "in the snow", "under a red sky", "in a quiet town"];
	return {
		target: "a portrait of an astronaut",
		others: ["a horse", "a castle on a hill", "a city at night"],
		history: subjects.flatMap((a) => styles.flatMap((b) => places.map((c) => `${a} ${c}, ${b}`))),
	};
}
