import type { LoraPrint, ScaledLora } from "@drum/graph";
import type { Warning } from "@drum/tensor";
import type { LearnedTokens } from "@drum/tokens";
import type { CLIPTextEncoderOptions } from "./clip-text-options.ts";
import type { CLIPTextSessions } from "./clip-text-sessions.ts";
import type { CLIPTextConfig } from "./config.ts";

/** The parts of an encoder, with or without LoRAs. */
export interface CLIPTextParts {
	readonly options: CLIPTextEncoderOptions;
	readonly config: CLIPTextConfig;
	/** Its tokenizer with learned tokens. Undefined if the encoder only takes ids. */
	readonly learned: LearnedTokens | undefined;
	readonly tokens: number;
	/** The fingerprint without LoRAs and learned tokens. */
	readonly fingerprint: string;
	/** Names of the weights that it uses. */
	readonly used: readonly string[];
	readonly warnings: readonly Warning[];
	readonly loras: readonly ScaledLora[];
	/** How LoRAs change its fingerprint. */
	readonly print?: LoraPrint | undefined;
	readonly sessions: CLIPTextSessions;
	/** The weights of the final norm and the projection that have been read. */
	readonly rows: Map<string, Promise<Float32Array>>;
}
