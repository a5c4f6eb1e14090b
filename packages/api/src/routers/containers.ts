import { z } from 'zod';
import { BulkResult, OneObject } from '../schemas/common.ts';
import {
  ContainerActionInput,
  ContainerDetail,
  ContainerRow,
  CreateContainerInput,
  CreateContainerResult,
  LimitsReport,
  ListContainersInput,
  Processes,
  RenameInput,
  Shells,
  UpdateLimitsInput,
} from '../schemas/containers.ts';
import { mutation, procedure, router } from '../trpc.ts';

export const containersRouter = router({
  list: procedure
    .input(ListContainersInput.prefault({}))
    .output(z.array(ContainerRow))
    .query(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).containers.list({ all: input.all }),
    ),
  inspect: procedure
    .input(OneObject)
    .output(ContainerDetail)
    .query(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).containers.inspect(input.id),
    ),
  create: mutation('container.create')
    .input(CreateContainerInput)
    .output(CreateContainerResult)
    .mutation(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).containers.create(input),
    ),
  /** Start, stop, restart, kill, pause, unpause or remove one or many; never fails as a whole. */
  act: mutation('container.act')
    .input(ContainerActionInput)
    .output(BulkResult)
    .mutation(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).containers.act(input),
    ),
  rename: mutation('container.rename')
    .input(RenameInput)
    .mutation(async ({ ctx, input }) => {
      const { containers } = await ctx.services.environments.get(input.environment);
      await containers.rename(input.id, input.name);
    }),
  limits: procedure
    .input(OneObject)
    .output(LimitsReport)
    .query(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).containers.limits(input.id),
    ),
  updateLimits: mutation('container.update-limits')
    .input(UpdateLimitsInput)
    .output(LimitsReport)
    .mutation(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).containers.updateLimits(input),
    ),
  top: procedure
    .input(OneObject)
    .output(Processes)
    .query(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).containers.top(input.id),
    ),
  /** Shells that exist in a running container, best first. */
  shells: procedure
    .input(OneObject)
    .output(Shells)
    .query(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).containers.shells(input.id),
    ),
});
