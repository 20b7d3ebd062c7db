import { type Command, Option } from "commander";
import { FORMATS, type Format } from "../history/read-history.ts";

export interface HistoryOptions {
	history: string;
	format?: Format;
}

export const HISTORY_FLAG = "--history <file>";
export const HISTORY_TEXT = "earlier prompts: JSONL {prompt, intensity?}, or CSV prompt[,intensity]; - for stdin";

export function addFormat(command: Command): Command {
	return command.addOption(
		new Option("--format <format>", "the history's, if its name does not tell").choices(FORMATS),
	);
}
