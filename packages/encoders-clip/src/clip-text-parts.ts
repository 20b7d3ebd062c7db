import type { LoraPrint, ScaledLora } from "@drum/graph";
import type { Warning } from "@drum/tensor";
import type { LearnedTokens } from "@drum/tokens";
import type { CLIPTextEncoderOptions } from "./clip-text-options.ts";
import type { CLIPTextSessions } from "./clip-text-sessions.ts";
import type { CLIPTextConfig } from "./config.ts";

/** What an encoder is made of, under LoRAs or not. */
export interface CLIPTextParts {
	readonly options: CLIPTextEncoderOptions;
	readonly config: CLIPTextConfig;
	/** Its tokenizer, and the tokens that were learned besides its own; undefined where it takes ids alone. */
	readonly learned: LearnedTokens | undefined;
	readonly tokens: number;
	/** Without LoRAs and learned tokens. */
	readonly fingerprint: string;
	/** The weights that it computes with. */
	readonly used: readonly string[];
	readonly warnings: readonly Warning[];
	readonly loras: readonly ScaledLora[];
	/** Its fingerprint under them. */
	readonly print?: LoraPrint | undefined;
	readonly sessions: CLIPTextSessions;
	/** The final norm's and the projection's weights, as they have been asked for. */
	readonly rows: Map<string, Promise<Float32Array>>;
}
