import { CreateContainerForm, type CreateContainerFormInput } from '@berth/api/schemas';
import type { UseFormReturn } from 'react-hook-form';

/** Every field of the form present, so that inputs are always tied to a value. */
export const emptyForm = {
  image: '',
  name: '',
  command: '',
  entrypoint: '',
  workingDir: '',
  user: '',
  hostname: '',
  tty: false,
  openStdin: false,
  autoRemove: false,
  env: [],
  labels: [],
  ports: [],
  volumes: [],
  limits: { cpus: null, memoryBytes: null, memorySwapBytes: null, pids: null },
  restartPolicy: { name: 'no', maximumRetryCount: 0 },
  network: '',
  start: true,
} satisfies CreateContainerFormInput;

export type CreateForm = UseFormReturn<CreateContainerFormInput, unknown, CreateContainerForm>;
export { CreateContainerForm };
