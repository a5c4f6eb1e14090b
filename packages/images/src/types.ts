/** What the engine asks of the image store. References are user input ("busybox", "host:5000/a/b:tag@sha256:…"). */
import type { Readable, Writable } from 'node:stream';

/** The OCI image config, the parts the engine reads; the file is kept byte for byte in the content store. */
export interface ImageConfig {
  created?: string;
  author?: string;
  architecture: string;
  os: string;
  variant?: string;
  config?: {
    User?: string;
    ExposedPorts?: Record<string, object>;
    Env?: string[];
    Entrypoint?: string[] | null;
    Cmd?: string[] | null;
    Volumes?: Record<string, object>;
    WorkingDir?: string;
    Labels?: Record<string, string> | null;
    StopSignal?: string;
    Healthcheck?: object;
    Shell?: string[];
  };
  rootfs: { type: 'layers'; diff_ids: string[] };
  history?: {
    created?: string;
    created_by?: string;
    author?: string;
    comment?: string;
    empty_layer?: boolean;
  }[];
}

export interface Image {
  /** `sha256:…` of the config blob. */
  id: string;
  config: ImageConfig;
  /** "busybox:latest" forms, familiar names (no docker.io/library/). */
  repoTags: string[];
  /** "busybox@sha256:…" forms. */
  repoDigests: string[];
  /** Sum of the unpacked layers, bytes. */
  sizeBytes: number;
  /** The image it was built on, when known; empty otherwise. */
  parent: string;
  lastTaggedAt: Date | undefined;
}

/** One line of Docker's JSON progress stream (jsonmessage). */
export interface ProgressMessage {
  status?: string;
  id?: string;
  progressDetail?: { current?: number; total?: number };
  progress?: string;
  stream?: string;
  aux?: unknown;
}

export type OnProgress = (message: ProgressMessage) => void;

export interface RegistryAuth {
  username?: string;
  password?: string;
  identitytoken?: string;
  registrytoken?: string;
  serveraddress?: string;
}

export interface OverlayRoot {
  /** Topmost first. */
  lower: string[];
  upper: string;
  work: string;
}

export interface RemovedImage {
  Untagged?: string;
  Deleted?: string;
}

export interface Images {
  /** Every image, tagged or dangling. */
  list(): Promise<Image[]>;
  /** By reference, id or unique id prefix. @throws notFound "No such image: name:tag" */
  get(reference: string): Promise<Image>;
  history(
    reference: string,
  ): Promise<
    { Id: string; Created: number; CreatedBy: string; Tags: string[]; Size: number; Comment: string }[]
  >;
  tag(reference: string, repository: string, tag: string): Promise<void>;
  /**
   * Untags, and deletes when nothing refers to the image any more.
   * @param usedBy container ids (short) that use an image id, with whether one is running; the store refuses as Docker does.
   */
  remove(
    reference: string,
    options: {
      force: boolean;
      noprune: boolean;
      usedBy: (imageId: string) => { id: string; running: boolean }[];
    },
  ): Promise<RemovedImage[]>;
  prune(options: {
    /** Only untagged images (Docker's default), or every unused one. */
    danglingOnly: boolean;
    inUse: (imageId: string) => boolean;
    until?: Date;
    labels?: (labels: Record<string, string>) => boolean;
  }): Promise<{ deleted: RemovedImage[]; reclaimedBytes: number }>;
  pull(
    reference: string,
    options: { platform?: string; auth?: RegistryAuth; signal: AbortSignal; onProgress: OnProgress },
  ): Promise<Image>;
  /** docker-archive or OCI layout, possibly compressed. */
  load(archive: Readable, options: { signal: AbortSignal; onProgress: OnProgress }): Promise<Image[]>;
  /** A docker-archive (which is also an OCI layout) of the named images. */
  save(references: string[], output: Writable, options: { signal: AbortSignal }): Promise<void>;
  /** A root file system tar as a one-layer image. `changes` are Dockerfile instructions. */
  import(
    archive: Readable,
    options: {
      repository?: string;
      tag?: string;
      message?: string;
      changes?: string[];
      platform?: string;
      signal: AbortSignal;
    },
  ): Promise<Image>;

  /** Makes the writable layer of a container. Idempotent by container id. */
  createContainerLayer(containerId: string, imageId: string): Promise<OverlayRoot>;
  containerLayer(containerId: string): Promise<OverlayRoot>;
  removeContainerLayer(containerId: string): Promise<void>;
  /** Bytes in the writable layer. */
  containerLayerSize(containerId: string): Promise<number>;
  /** Bytes on disk of all unpacked layers, each counted once. */
  layersSize(): Promise<number>;
  /** Removes half-made layers and blobs, and writable layers of containers not in `containerIds`. */
  reconcile(containerIds: ReadonlySet<string>): Promise<void>;
}
