import { HISTORY_FORMATS, type HistoryFormat } from "@drum/peca";
import { type Command, InvalidArgumentError, Option } from "commander";

export interface HistoryOptions {
	history: string;
	format?: HistoryFormat | undefined;
	captioner?: CaptionerChoice | undefined;
}

/** What is asked for prompts of pictures. */
export type CaptionerChoice =
	| { kind: "openai"; model: string }
	| { kind: "transformers"; source: string }
	| { kind: "tiny" };

export const HISTORY_FLAG = "--history <file>";
export const HISTORY_TEXT =
	"earlier prompts: JSONL {prompt or image, intensity?}, or CSV prompt[,intensity], also as .gz; - for stdin";

export function addFormat(command: Command): Command {
	return addCaptioner(command).addOption(
		new Option("--format <format>", "the history's format, if its name does not show it").choices(HISTORY_FORMATS),
	);
}

export function addCaptioner(command: Command): Command {
	return command.option(
		"--captioner <which>",
		"what describes pictures whose files contain no prompt: openai:<model> (OPENAI_API_KEY, OPENAI_BASE_URL), transformers:<hub id or folder>, or tiny",
		captionerChoice,
	);
}

function captionerChoice(text: string): CaptionerChoice {
	const [, kind, name = ""] = /^(openai|transformers|tiny)(?::(.+))?$/.exec(text) ?? [];
	if (kind === "openai" && name !== "") return { kind, model: name };
	if (kind === "transformers" && name !== "") return { kind, source: name };
	if (kind === "tiny" && name === "") return { kind };
	throw new InvalidArgumentError("Expected openai:<model>, transformers:<hub id or folder>, or tiny.");
}
