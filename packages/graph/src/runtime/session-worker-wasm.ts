import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { serve } from "./serve-page.ts";

serve({ env, InferenceSession, Tensor });
