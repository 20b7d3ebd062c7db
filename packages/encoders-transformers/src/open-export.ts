import { AutoConfig, AutoTokenizer, ModelRegistry } from "@huggingface/transformers";
import { type ExportConfig, parseExportConfig } from "./export-kind.ts";
import { ExportOutputs, HEAD } from "./export-outputs.ts";
import type { TransformersTextEncoderOptions } from "./options.ts";
import { PromptRows } from "./prompt-rows.ts";
import { loadError, Sessions } from "./sessions.ts";

/** What `fromPretrained` opened of an export. */
export interface OpenedExport {
	readonly config: ExportConfig;
	readonly prompts: PromptRows;
	readonly model: Sessions;
	/** CLIP's final norm and projection; undefined where they were not exported. */
	readonly head: Sessions | undefined;
	readonly outputs: ExportOutputs;
	/** Names of the files that it computes with. */
	readonly files: readonly string[];
}

/** Opens the files of an export: its configuration and tokenizer first, which are small, then the model. */
export async function openExport(source: string, options: TransformersTextEncoderOptions): Promise<OpenedExport> {
	const { revision = "main", localFilesOnly = false, dtype, device, threads } = options;
	const place = { revision, local_files_only: localFilesOnly };
	try {
		const json = await AutoConfig.from_pretrained(source, place);
		const config = parseExportConfig({ ...json }, source);
		const prompts = new PromptRows(await AutoTokenizer.from_pretrained(source, place));
		const { file, hasClassRow } = config.kind;
		// Known to transformers.js as an encoder of one file, which a T5's export is only in part.
		const known = { ...json, architectures: ["CLIPTextModelWithProjection"] };
		const session_options = threads === undefined ? {} : { intraOpNumThreads: threads };
		const load = { ...place, config: known, device, session_options };
		const model = new Sessions(source, { ...load, dtype, model_file_name: file });
		const asked = { config: known, dtype, device, model_file_name: file };
		const files = (await ModelRegistry.get_model_files(source, asked as never)).filter(
			(each) => each !== "config.json",
		);
		const headFile = `onnx/${HEAD}.onnx`;
		const hasHead = hasClassRow && (await ModelRegistry.get_file_metadata(source, headFile, place)).exists;
		const head = hasHead ? new Sessions(source, { ...load, dtype: "fp32", model_file_name: HEAD }) : undefined;
		const outputs = new ExportOutputs(source, config, await model.outputNames());
		return { config, prompts, model, head, outputs, files: hasHead ? [...files, headFile] : files };
	} catch (cause) {
		throw loadError(source, cause);
	}
}
