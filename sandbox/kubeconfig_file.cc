// Writing kubeconfig files.
#include "sandbox/kubeconfig_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/base64.h"
#include "kube/yaml.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

json::array one(json::object entry) {
  json::array list;
  list.push_back(std::move(entry));
  return list;
}

json::value config_of(const std::string& server, const std::string& authority_pem, const std::string& token) {
  json::object cluster{{"server", server}, {"certificate-authority-data", kube::encode_base64(authority_pem)}};
  json::object user{{"token", token}};
  json::object context{{"cluster", "sandbox"}, {"user", "admin"}};
  return json::object{{"apiVersion", "v1"},
                      {"kind", "Config"},
                      {"clusters", one({{"name", "sandbox"}, {"cluster", std::move(cluster)}})},
                      {"users", one({{"name", "admin"}, {"user", std::move(user)}})},
                      {"contexts", one({{"name", "sandbox"}, {"context", std::move(context)}})},
                      {"current-context", "sandbox"}};
}

kube::Error failed(const std::string& what) {
  return {kube::Fault::unavailable, fmt::format("{}: {}", what, std::strerror(errno))};
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

kube::Result<> write_kubeconfig(const std::string& path, const std::string& server, const std::string& authority_pem,
                                const std::string& token) {
  const std::string text = kube::print_yaml(config_of(server, authority_pem, token));
  const std::string draft = fmt::format("{}.{}", path, ::getpid());
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return failed("cannot write " + draft);
  const bool written = write_all(file, text);
  const bool closed = ::close(file) == 0;
  if (!written || !closed) {
    const kube::Error error = failed("cannot write " + draft);
    ::unlink(draft.c_str());
    return error;
  }
  if (::rename(draft.c_str(), path.c_str()) != 0) {
    const kube::Error error = failed("cannot write " + path);
    ::unlink(draft.c_str());
    return error;
  }
  return {};
}

}  // namespace sluice::sandbox
