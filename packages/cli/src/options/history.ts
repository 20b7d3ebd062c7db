import { HISTORY_FORMATS, type HistoryFormat } from "@drum/peca";
import { type Command, Option } from "commander";

export interface HistoryOptions {
	history: string;
	format?: HistoryFormat;
}

export const HISTORY_FLAG = "--history <file>";
export const HISTORY_TEXT =
	"earlier prompts: JSONL {prompt, intensity?}, or CSV prompt[,intensity], also as .gz; - for stdin";

export function addFormat(command: Command): Command {
	return command.addOption(
		new Option("--format <format>", "the history's, if its name does not tell").choices(HISTORY_FORMATS),
	);
}
