import { DownloadError } from "@drum/tensor";

/** A language model answered, and to no use: it refused, said nothing, or said what was not asked for. To ask again is to hear it again. */
export class AnswerError extends DownloadError {
	override readonly name = "AnswerError";
}
