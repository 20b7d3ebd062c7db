import { headerOf, weightsKind } from "@drum/formats";
import {
	type ByteSource,
	type BytesPlace,
	type FileKind,
	fileKind,
	HEAD,
	headerLength,
	kindByName,
	openBytes,
	parseHeader,
	printable,
	readJson,
} from "@drum/tensor";
import { type FileHead, headOf, type Repository } from "./repository.ts";

/** A longer header, in bytes, is not read just to find out what a file is. */
const LONGEST = 16_000_000;
const PREFIX = 8;

/** See told-kind.ts. */
export async function sourceKind(repository: Repository): Promise<FileKind | undefined> {
	const files = await repository.list();
	const top = files.filter((path) => !path.includes("/"));
	if (files.length === 0) return { is: "an empty folder", next: "Check the path" };
	const below = files.find((path) => /(^|\/)model_index\.json$/.test(path));
	if (below !== undefined)
		return { is: `the folder above a checkpoint (${below})`, next: `Give the folder of ${below}` };
	if (files.some((path) => /^(weight\/)?(L|H|bigG|T5)\.safetensors$/.test(path))) {
		return { is: "adapters of DrUM", next: "Give them as the adapters, and a checkpoint as the model" };
	}
	if (top.includes("config.json")) return configKind(await repository.file("config.json"));
	const weights = top.find((path) => path.endsWith(".safetensors"));
	const kind = weights === undefined ? undefined : await headKind((length) => repository.head(weights, length));
	if (kind) return { is: `${kind.is} (${weights})`, next: kind.next };
	const known = files.find((path) => kindByName(path));
	const named = known === undefined ? undefined : kindByName(known);
	return named && { is: `${named.is} (${known})`, next: named.next };
}

/** See told-kind.ts. */
export async function kindOfFile(place: BytesPlace): Promise<FileKind | undefined> {
	const file = await openBytes(place).catch(() => undefined);
	return file && ((await headKind((length) => headOf(file, length))) ?? kindByName(file.name));
}

/** Recognises a file by its first bytes, or a safetensors file by its tensors. */
async function headKind(read: (length: number) => Promise<FileHead>): Promise<FileKind | undefined> {
	const { bytes, size } = await read(HEAD);
	const kind = fileKind(bytes, size);
	if (kind) return kind;
	try {
		const length = headerLength(bytes, size, "");
		if (length > LONGEST) return undefined;
		const { tensors, metadata } = parseHeader((await read(PREFIX + length)).bytes.subarray(PREFIX), size, "");
		return weightsKind(headerOf(tensors), metadata);
	} catch {
		// The code that opens the file for its weights reports what is wrong.
		return undefined;
	}
}

/** Recognises a component by what diffusers and transformers write into its `config.json`. */
async function configKind(file: ByteSource): Promise<FileKind | undefined> {
	const config = await readJson(file);
	if (typeof config !== "object" || config === null) return undefined;
	const { _class_name, architectures, model_type, peft_type } = config as Record<string, unknown>;
	if (typeof peft_type === "string") return weightsKind(headerOf(["x.lora_A"]));
	if (typeof _class_name === "string") {
		if (/ControlNet/.test(_class_name)) return weightsKind(headerOf(["control_model.x"]));
		const next =
			"It is one part of a checkpoint: give the folder of the whole checkpoint, which has a model_index.json";
		return { is: `a ${printable(_class_name)} of diffusers`, next };
	}
	const name = Array.isArray(architectures) && typeof architectures[0] === "string" ? architectures[0] : model_type;
	if (typeof name !== "string") return undefined;
	const next = "Give a checkpoint of diffusers, a folder with a model_index.json; such a model can be one part of it";
	return { is: `a model of transformers, ${printable(name)}`, next };
}
