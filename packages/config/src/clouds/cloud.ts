/** What a configuration knows of one cloud: the options of its entries, and the developer's local login. */

import type { SharedOptions } from '@credex/core';
import type { Grammar } from '@credex/core/internal';

/** The options that entries of all clouds have. */
export interface CommonEntry extends Pick<
  SharedOptions,
  'audience' | 'expect' | 'timeoutMs' | 'minValidityMs'
> {
  /**
   * The environments this entry is for: `production`, `preview`, `development` or the slug of a custom environment. The
   * current environment is VERCEL_TARGET_ENV, else VERCEL_ENV, else `development`. The token must be of the same
   * environment: it becomes `expect.environment`. Default: every environment, and any token.
   */
  readonly when?: { readonly environment: string | readonly string[] } | undefined;
  /**
   * `profile`: on a developer's machine without a Vercel token, use the developer's AWS profile, gcloud application
   * default credentials or az login, and send a `warning` event. Default: never.
   */
  readonly local?: 'profile' | undefined;
  /**
   * https origins to which `authorize()` may send this credential, in addition to the cloud's own hosts. In code only.
   * Default: none.
   */
  readonly origins?: readonly string[] | undefined;
  /** Allow http on loopback for endpoints and origins, such as an emulator. In code only. Default: false. */
  readonly allowLoopbackHttp?: boolean | undefined;
}

/** One option: its kind, its grammar, and where it may be set. Default: in code, in JSON and in environment variables. */
export interface OptionRow {
  readonly kind:
    | 'string'
    | 'integer'
    | 'boolean'
    /** A list of strings; in an environment variable separated by white space. */
    | 'list'
    /** A list of strings, or one string that the cloud's package splits. */
    | 'strings'
    /** A JSON object, or its text. */
    | 'policy'
    /** `*` or a list. */
    | 'tenants'
    /** An object of strings; its members are `members`. */
    | 'object'
    /** An object of strings with any names. */
    | 'texts'
    /** A list of objects; their members are `rows`. In an environment variable: as JSON. */
    | 'records'
    /** An object with `environment`: a name or a list of names. */
    | 'when'
    /**
     * Set in code only, because it decides where a token is sent or what is accepted as a response: data must not set it.
     * The cloud's package checks it.
     */
    | 'code';
  readonly required?: true;
  /** `file`: `CREDEX_<NAME>_<OPTION>` cannot set it. `no-variable`: `CREDEX_CONFIG` cannot set it either. */
  readonly source?: 'file' | 'no-variable';
  readonly grammar?: Grammar;
  /** The smallest and the largest whole number. */
  readonly range?: readonly [number, number];
  /** The only values that data may set; values from code are checked by the cloud's package. */
  readonly oneOf?: readonly string[];
  /** `oneOf` applies to code as well. */
  readonly isClosed?: true;
  readonly members?: readonly string[];
  readonly rows?: Readonly<Record<string, OptionRow>>;
  /** The description in the schema. */
  readonly about: string;
}

/** The login of a developer's own machine, which `local: 'profile'` uses. */
export interface LocalLogin {
  /** What it is called in a warning: `AWS profile`. */
  readonly name: string;
  /**
   * Loads what the cloud's factory takes as `exchanger`.
   * @param option The configuration key that requests the login, for errors.
   */
  exchanger(option: string): Promise<unknown>;
}

/** One cloud. `E`: the type of its entries. The registry (registry.ts) has a line for each. */
export interface ConfigCloud<E extends CommonEntry> {
  /** Every option of an entry except the common ones and `provider`. */
  readonly options: { readonly [K in Exclude<keyof E, keyof CommonEntry | 'provider'>]-?: OptionRow };
  /** Default: none; `local` is then not an option of its entries. */
  readonly login?: LocalLogin;
  /** Never set: carries the type of the entries to the registry. */
  readonly entry?: E;
}
