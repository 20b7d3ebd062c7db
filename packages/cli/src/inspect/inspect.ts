import { stat } from "node:fs/promises";
import { headerOf, weightsKind } from "@drum/formats";
import {
	type FoundFile,
	findFile,
	type HeaderOf,
	openRepository,
	type Repository,
	type RepositoryOptions,
	readHeader,
	sourceKind,
} from "@drum/hub";
import { ArgumentError, CheckpointError } from "@drum/tensor";
import { kindByName, openFile } from "@drum/tensor/node";
import { type AdapterReport, inspectProfile, inspectWeights, type ProfileReport, type WeightsReport } from "./file.ts";
import { inspectPicture, type PictureReport } from "./picture.ts";
import { inspectPipeline, type PipelineReport } from "./pipeline.ts";
import { inspectSingleFile } from "./single-file.ts";

/** A folder or repository of weights that belong to no pipeline: adapters, or one component. */
export interface FolderReport {
	kind: "folder";
	name: string;
	files: (AdapterReport | WeightsReport)[];
}

export type Report = PictureReport | PipelineReport | ProfileReport | AdapterReport | WeightsReport | FolderReport;

/**
 * Finds out what a hub id, a folder, a safetensors file or a picture holds.
 * @throws what `openRepository` throws; CheckpointError where there is nothing that is known, or a file is damaged.
 */
export async function inspect(
	source: string,
	variant: string | undefined,
	options: RepositoryOptions,
): Promise<Report> {
	const found = await stat(source).catch(() => undefined);
	if (found && !found.isDirectory()) await (await openFile(source)).close();
	const file = await findFile(source, options);
	if (file) return inspectFile(source, file);
	const repository = await openRepository(source, options);
	if (await repository.has("model_index.json")) return inspectPipeline(repository, variant);
	return inspectFolder(repository);
}

async function inspectFile(source: string, found: FoundFile): Promise<Report> {
	if (/\.(png|jpe?g|webp)$/i.test(source)) return inspectPicture(source);
	if (!/\.safetensors$/.test(source)) {
		const kind = kindByName(source);
		throw new ArgumentError({
			what: source,
			expected: "a hub id, a folder, a .safetensors file, or a .png, .jpg or .webp picture",
			found: kind?.is ?? "another file",
			...(kind && { next: kind.next }),
		});
	}
	const file = await readHeader(found.repository, found.path, source);
	if (file.header.metadata.drum_profile !== undefined) return inspectProfile(source, file.bytes);
	return (await inspectSingleFile(source, file, found)) ?? inspectWeights(source, file, isOf(file));
}

/** What weights are, in words, where their names tell. */
function isOf({ header }: HeaderOf): string | undefined {
	return weightsKind(headerOf(header.tensors), header.metadata)?.is;
}

async function inspectFolder(repository: Repository): Promise<FolderReport> {
	const paths = (await repository.list()).filter((path) => path.endsWith(".safetensors"));
	if (paths.length === 0) {
		const kind = await sourceKind(repository);
		throw (
			repository.absent("a model_index.json, or a safetensors file,") ??
			new CheckpointError({
				what: repository.name,
				expected: "a model_index.json, or safetensors files",
				found: kind ? `neither, but ${kind.is}` : "neither",
				next: kind?.next ?? "Is this a checkpoint in the hub's layout?",
			})
		);
	}
	const files: FolderReport["files"] = [];
	for (const path of paths) {
		const file = await readHeader(repository, path);
		files.push(inspectWeights(path, file, isOf(file)));
	}
	return { kind: "folder", name: repository.name, files };
}
