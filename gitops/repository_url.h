// Which repository URLs may be fetched from, and under which name a mirror of one is kept.
#pragma once

#include <string>
#include <string_view>

#include "kube/result.h"

namespace sluice::gitops {

// What an installation allows beyond https and ssh. Whoever may write an Application chooses the URL, so a path on the
// controller's own disk and unprotected HTTP are open only when the installation says so.
struct RepositoryAccess {
  bool local = false;       // file:// and absolute paths
  bool plain_http = false;  // http://
};

// The URL as git is given it. Fault::forbidden when the installation does not allow its kind, Fault::invalid when it is
// no URL that git could fetch from or when it carries a password.
kube::Result<std::string> check_repository_url(std::string_view url, RepositoryAccess access);

// One spelling for URLs that mean the same repository: scheme and host in lower case, user@host:path as ssh://, without
// a trailing slash and ".git". Paths keep their case, because hosts may tell them apart.
std::string normalize_repository_url(std::string_view url);

// The folder name of a mirror: a digest of the normalized URL, so that no user chooses a path.
std::string mirror_name(std::string_view url);

}  // namespace sluice::gitops
