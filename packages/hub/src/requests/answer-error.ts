import { DownloadError } from "@drum/tensor";

/** A language model's answer is unusable: it refused, said nothing, or said something else. Asking again would give the same answer. */
export class AnswerError extends DownloadError {
	override readonly name = "AnswerError";
}
