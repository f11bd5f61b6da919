import { setErrorName } from '../errors/set-error-name.ts';

/**
 * - `ERR_DECLARATION_BROKEN`: the content of a declaration's file is no declaration
 * - `ERR_DECLARATION_FOREIGN`: users other than root and this one made the file, or could change it
 * - `ERR_NAME_TAKEN`: another script is declared under the name
 * - `ERR_REGISTRY_INSECURE`: users other than root and this one made the directory, or could change it
 * - `ERR_REGISTRY_UNUSABLE`: the directory cannot be made, read or written; `cause` is the system's error
 */
export type RegistryErrorCode =
  | 'ERR_DECLARATION_BROKEN'
  | 'ERR_DECLARATION_FOREIGN'
  | 'ERR_NAME_TAKEN'
  | 'ERR_REGISTRY_INSECURE'
  | 'ERR_REGISTRY_UNUSABLE';

/** The folder of declarations, or one declaration in it, cannot be used. It was left untouched. */
export class RegistryError extends Error {
  static {
    setErrorName(this, 'RegistryError');
  }
  readonly code: RegistryErrorCode;
  /** The file or directory. */
  readonly path: string;

  constructor(message: string, code: RegistryErrorCode, path: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.path = path;
  }
}
