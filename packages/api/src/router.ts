import { containersRouter } from './routers/containers.ts';
import { liveRouter } from './routers/live.ts';
import { imagesRouter, networksRouter, volumesRouter } from './routers/objects.ts';
import { sessionRouter, setupRouter } from './routers/session.ts';
import { environmentsRouter, eventsRouter, jobsRouter, systemRouter } from './routers/system.ts';
import { router } from './trpc.ts';

export const appRouter = router({
  setup: setupRouter,
  session: sessionRouter,
  system: systemRouter,
  environments: environmentsRouter,
  containers: containersRouter,
  images: imagesRouter,
  volumes: volumesRouter,
  networks: networksRouter,
  jobs: jobsRouter,
  events: eventsRouter,
  live: liveRouter,
});

export type AppRouter = typeof appRouter;
