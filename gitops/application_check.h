// What an Application asks for, in the terms of this room, or everything that is wrong with it.
#pragma once

#include <string>
#include <vector>

#include "crds/application.h"
#include "gitops/normalize.h"
#include "gitops/render.h"
#include "gitops/repository_url.h"
#include "gitops/sync_options.h"
#include "kube/time.h"

namespace sluice::gitops {

struct RetryPlan {
  int limit = 0;  // attempts after the first; negative: for ever
  kube::Duration first = kube::seconds{5};
  double factor = 2;
  kube::Duration longest = kube::seconds{180};
};

struct CheckedApplication {
  std::string url;
  std::string path;  // from the root of the repository, "" for the root itself
  std::string revision;
  std::string tag_prefix;
  DirectorySource directory;
  std::string default_namespace;
  SyncOptions options;
  std::vector<IgnoreRule> ignored;
  RetryPlan retry;
  std::vector<std::string> mistakes;  // the rest is of no use when there are any
};

// Every field that is not acted on is a mistake, so that nothing is ignored in silence.
CheckedApplication check(const crds::ApplicationSpec& spec, RepositoryAccess access);

// The retry strategy of an operation; appends to `mistakes` what cannot be read.
RetryPlan read_retry(const crds::RetryStrategy& strategy, std::vector<std::string>& mistakes);

// How long to wait before the attempt after `failures` failed ones.
kube::Duration retry_delay(const RetryPlan& plan, std::int64_t failures);

}  // namespace sluice::gitops
