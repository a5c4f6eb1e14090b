/** Images, volumes and networks. */
import { z } from 'zod';
import { BulkResult, InEnvironment, ManyObjects, OneObject } from '../schemas/common.ts';
import { JobStarted } from '../schemas/live.ts';
import {
  CreateVolumeInput,
  ImageDetail,
  ImageHistoryItem,
  ImageRow,
  NetworkDetail,
  NetworkRow,
  PrunePlan,
  PrunePlanInput,
  PruneResult,
  PullInput,
  RemoveImagesInput,
  TagImageInput,
  VolumeRow,
} from '../schemas/objects.ts';
import { mutation, procedure, router } from '../trpc.ts';

const Here = InEnvironment.prefault({});

export const imagesRouter = router({
  list: procedure
    .input(Here)
    .output(z.array(ImageRow))
    .query(async ({ ctx, input }) => (await ctx.services.environments.get(input.environment)).images.list()),
  inspect: procedure
    .input(OneObject)
    .output(ImageDetail)
    .query(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).images.inspect(input.id),
    ),
  history: procedure
    .input(OneObject)
    .output(z.array(ImageHistoryItem))
    .query(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).images.history(input.id),
    ),
  remove: mutation('image.remove')
    .input(RemoveImagesInput)
    .output(BulkResult)
    .mutation(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).images.remove(input.ids, input),
    ),
  tag: mutation('image.tag')
    .input(TagImageInput)
    .mutation(async ({ ctx, input }) => {
      const { images } = await ctx.services.environments.get(input.environment);
      await images.tag(input.id, input.reference);
    }),
  /** Returns at once; follow it with `live.jobs`. */
  pull: mutation('image.pull')
    .input(PullInput)
    .output(JobStarted)
    .mutation(async ({ ctx, input }) => ({
      jobId: await ctx.services.jobs.pull(input.environment, input.reference, ctx.session.user.username),
    })),
  prunePlan: procedure
    .input(PrunePlanInput.prefault({}))
    .output(PrunePlan)
    .query(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).images.prunePlan(input),
    ),
  /** Removes exactly the named ones of a plan. */
  prune: mutation('image.prune')
    .input(ManyObjects)
    .output(PruneResult)
    .mutation(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).images.prune(input.ids),
    ),
});

export const volumesRouter = router({
  list: procedure
    .input(Here)
    .output(z.array(VolumeRow))
    .query(async ({ ctx, input }) => (await ctx.services.environments.get(input.environment)).volumes.list()),
  inspect: procedure
    .input(OneObject)
    .output(VolumeRow)
    .query(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).volumes.inspect(input.id),
    ),
  create: mutation('volume.create')
    .input(CreateVolumeInput)
    .output(VolumeRow)
    .mutation(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).volumes.create(input),
    ),
  remove: mutation('volume.remove')
    .input(ManyObjects.extend({ force: z.boolean().default(false) }))
    .output(BulkResult)
    .mutation(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).volumes.remove(input.ids, input),
    ),
  prunePlan: procedure
    .input(PrunePlanInput.prefault({}))
    .output(PrunePlan)
    .query(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).volumes.prunePlan(input),
    ),
  prune: mutation('volume.prune')
    .input(ManyObjects)
    .output(PruneResult)
    .mutation(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).volumes.prune(input.ids),
    ),
});

export const networksRouter = router({
  list: procedure
    .input(Here)
    .output(z.array(NetworkRow))
    .query(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).networks.list(),
    ),
  inspect: procedure
    .input(OneObject)
    .output(NetworkDetail)
    .query(async ({ ctx, input }) =>
      (await ctx.services.environments.get(input.environment)).networks.inspect(input.id),
    ),
});
