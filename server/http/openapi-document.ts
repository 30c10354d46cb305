/** The parts of an OpenAPI 3.1 document that the platform's own is made of. */
import type { Method } from './endpoint.ts';
import type { JsonSchema } from './openapi-schemas.ts';

/** A part that the document says once, by its place. */
export interface Reference {
  readonly $ref: string;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export interface Content {
  readonly 'application/json': { readonly schema: JsonSchema };
}

export interface Answer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Reference | JsonSchema>>;
  readonly content?: Content;
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  /** Ours: what the caller's roles have to allow; `any` asks for a role, whichever. */
  readonly 'x-permission'?: { readonly in: 'tenant' | 'workspace' | 'pool' | 'any'; readonly name?: string };
  /** Alternatives: one scheme each, with one scope. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Answer | Reference>>;
}

export interface OAuthFlow {
  readonly tokenUrl: string;
  readonly scopes: Readonly<Record<string, string>>;
}

export interface SecurityScheme {
  readonly type: 'oauth2';
  readonly description: string;
  readonly flows: {
    /** Of programs, and of who administers. */
    readonly clientCredentials?: OAuthFlow;
    /** Of people, for themselves. */
    readonly authorizationCode?: OAuthFlow & { readonly authorizationUrl: string };
  };
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly servers: readonly { readonly url: string; readonly variables?: JsonSchema }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<Method, Operation>>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly headers: Readonly<Record<string, JsonSchema>>;
    readonly responses: Readonly<Record<string, Answer>>;
    readonly securitySchemes: Readonly<Record<string, SecurityScheme>>;
  };
}
