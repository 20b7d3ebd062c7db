import { join } from "node:path";
import ts from "typescript";

const CONFIG = join(import.meta.dirname, "../config/tsconfig.base.json");

/**
 * What TypeScript says, as strictly as of the repository's own code, of files that are given with their text and need not be there. What
 * they import is not checked anew: that takes most of the time, and the repository's own check has done it.
 */
export function typeErrors(files: ReadonlyMap<string, string>): string[] {
	const { config } = ts.readConfigFile(CONFIG, ts.sys.readFile);
	const { options } = ts.convertCompilerOptionsFromJson(
		{ ...config.compilerOptions, noEmit: true },
		join(CONFIG, ".."),
	);
	const host = ts.createCompilerHost(options);
	const { getSourceFile, fileExists, readFile } = host;
	host.getSourceFile = (name, target) => {
		const text = files.get(name);
		return text === undefined ? getSourceFile.call(host, name, target) : ts.createSourceFile(name, text, target);
	};
	host.fileExists = (name) => files.has(name) || fileExists.call(host, name);
	host.readFile = (name) => files.get(name) ?? readFile.call(host, name);
	const program = ts.createProgram([...files.keys()], options, host);
	const found = Array.from(files.keys(), (name) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)));
	return found.flat().map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}
