// Signs requests as AWS demands it (Signature Version 4).
#include "analysis/auth/sigv4.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "kube/http/url.h"
#include "kube/percent_encoding.h"

namespace sluice::analysis {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return {digest.begin(), digest.begin() + size};
}

std::string hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::vector<unsigned char> bytes(text.begin(), text.end());
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes.data(), bytes.size(), digest.data(), &size);
  return {digest.begin(), digest.begin() + size};
}

std::string hexadecimal(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

// A value without blanks at its ends, runs of blanks inside it made one.
std::string squeezed(std::string_view value) {
  std::string text;
  for (const char c : value) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && (text.empty() || text.back() == ' ')) continue;
    text += blank ? ' ' : c;
  }
  if (text.ends_with(' ')) text.pop_back();
  return text;
}

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned code = 0;
    const auto digit = [&](char c) {
      const unsigned value = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                             : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                             : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A' + 10)
                                                    : 256U;
      code = code * 16 + value;
    };
    if (text[at] == '%' && at + 2 < text.size()) {
      digit(text[at + 1]);
      digit(text[at + 2]);
      if (code < 256) {
        plain += static_cast<char>(code);
        at += 2;
        continue;
      }
    }
    plain += text[at];
  }
  return plain;
}

// Each segment of the path is encoded once more than it is on the wire.
std::string canonical_path(std::string_view path) {
  std::string text;
  for (const char c : path) {
    if (c == '/')
      text += c;
    else
      text += kube::percent_encoded(std::string_view(&c, 1));
  }
  return text.empty() ? "/" : text;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = equals < pair.size() ? pair.substr(equals + 1) : std::string_view();
    pairs.emplace_back(kube::percent_encoded(decoded(pair.substr(0, equals))), kube::percent_encoded(decoded(value)));
  }
  std::ranges::sort(pairs);
  std::string text;
  for (const auto& [name, value] : pairs) text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, value);
  return text;
}

// "20150830T123600Z"
std::string stamp_of(kube::Time now) {
  std::string text = kube::format_time(now);
  std::erase(text, '-');
  std::erase(text, ':');
  return text;
}

struct SignedHeaders {
  std::string canonical;  // "name:value\n" each
  std::string names;      // "host;x-amz-date"
};

SignedHeaders headers_of(const kube::HttpRequest& request) {
  struct Field {
    std::string name;
    std::size_t place;
    std::string value;
  };
  std::vector<Field> fields;
  for (const auto& [name, value] : request.headers)
    fields.push_back({lower_case(name), fields.size(), squeezed(value)});
  // Fields of one name keep their order, as it is signed.
  std::ranges::sort(fields, {}, [](const Field& field) { return std::tie(field.name, field.place); });
  SignedHeaders all;
  for (std::size_t at = 0; at < fields.size(); ++at) {
    const auto& [name, place, value] = fields[at];
    if (at > 0 && fields[at - 1].name == name) {
      all.canonical.pop_back();
      all.canonical += "," + value + "\n";
      continue;
    }
    all.canonical += name + ":" + value + "\n";
    all.names += (all.names.empty() ? "" : ";") + name;
  }
  return all;
}

}  // namespace

kube::HttpRequest sign_for_aws(kube::HttpRequest request, const AwsScope& scope, const AwsCredentials& credentials,
                               kube::Time now) {
  const kube::HttpUrl url = kube::parse_http_url(request.url).value();
  const std::string stamp = stamp_of(now);
  const std::string day = stamp.substr(0, 8);
  if (!request.headers.find("Host")) request.headers.add("Host", url.host_header());
  request.headers.set("X-Amz-Date", stamp);
  if (!credentials.session_token.empty()) request.headers.set("X-Amz-Security-Token", credentials.session_token);

  const std::size_t mark = std::min(url.target.find('?'), url.target.size());
  const std::string path = url.target.substr(0, mark);
  const std::string query = mark < url.target.size() ? url.target.substr(mark + 1) : std::string();
  const SignedHeaders headers = headers_of(request);
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(path), canonical_query(query),
                  headers.canonical, headers.names, hexadecimal(sha256(request.body)));
  const std::string where = fmt::format("{}/{}/{}/aws4_request", day, scope.region, scope.service);
  const std::string to_sign = fmt::format("{}\n{}\n{}\n{}", algorithm, stamp, where, hexadecimal(sha256(canonical)));
  std::string key = hmac("AWS4" + credentials.secret_access_key, day);
  key = hmac(key, scope.region);
  key = hmac(key, scope.service);
  key = hmac(key, "aws4_request");
  request.headers.set("Authorization",
                      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", algorithm,
                                  credentials.access_key_id, where, headers.names, hexadecimal(hmac(key, to_sign))));
  return request;
}

}  // namespace sluice::analysis
