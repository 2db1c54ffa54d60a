// From the files of a directory source to Kubernetes objects, with every mistake of every file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "gitops/source_tree.h"

namespace sluice::gitops {

namespace json = boost::json;

// A desired object and the file that holds it.
struct Manifest {
  json::value object;
  std::string file;
};

struct Rendered {
  std::vector<Manifest> manifests;    // in the order of files and documents
  std::vector<std::string> mistakes;  // "apps/web.yaml:12: ..."; the manifests are of no use when there are any
};

// Which files a directory source takes.
struct DirectorySource {
  bool recurse = false;
  std::string include;  // glob; "" for all
  std::string exclude;  // glob; "" for none, asked before include
};

SourceFilter filter_of(const DirectorySource& source);

// Reads all files. Lists are expanded; files that opt out, empty documents and documents that are no Kubernetes objects
// at all (neither apiVersion nor kind) are left out.
Rendered render(const std::vector<SourceFile>& files);

}  // namespace sluice::gitops
