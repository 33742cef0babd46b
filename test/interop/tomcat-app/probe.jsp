<%--
  The probe as a servlet: notes what it sees of a request under the name in X-Case, then does the steps in X-Answer
  (../node-app.ts lists them). GET /control?case=NAME gives the note, &release=GATE opens a gate of that case.
  Everything stands in service(), which a JSP inherits from HttpServlet: _jspService would refuse most methods.
--%>
<%@ page session="false" trimDirectiveWhitespaces="true"
    import="java.io.*,java.security.*,java.security.cert.X509Certificate,java.util.*,java.util.concurrent.*,java.util.zip.GZIPOutputStream" %>
<%!
  static final int PIECE = 65_536;
  static final long GATE_LIMIT_S = 30;
  static final Map<String, Note> NOTES = new ConcurrentHashMap<>();

  /** Written by the thread of its request, read by those of control. */
  static final class Note {
    final Map<String, String> facts = Collections.synchronizedMap(new LinkedHashMap<>());
    final Map<String, CountDownLatch> gates = new ConcurrentHashMap<>();

    CountDownLatch gate(String name) {
      return gates.computeIfAbsent(name, any -> new CountDownLatch(1));
    }
  }

  @Override
  public void service(ServletRequest given, ServletResponse givenResponse) throws ServletException, IOException {
    HttpServletRequest request = (HttpServletRequest) given;
    HttpServletResponse response = (HttpServletResponse) givenResponse;
    if (request.getServletPath().equals("/control")) {
      control(request, response);
      return;
    }
    Note note = new Note();
    String name = request.getHeader("x-case");
    if (name != null) NOTES.put(name, note);
    describe(request, note.facts);
    note.facts.put("outcome", "running");
    try {
      String steps = request.getHeader("x-answer");
      for (String step : (steps == null ? "text ok" : steps).split(" \\| ")) {
        note.facts.put("step", step);
        perform(step, request, response, note);
      }
      note.facts.put("outcome", "done");
    } catch (IOException e) {
      note.facts.put("outcome", "gone");
      throw e;
    } catch (RuntimeException e) {
      note.facts.put("outcome", "thrown");
      throw e;
    } catch (InterruptedException | NoSuchAlgorithmException e) {
      throw new ServletException(e);
    }
  }

  static void perform(String step, HttpServletRequest request, HttpServletResponse response, Note note)
      throws IOException, InterruptedException, NoSuchAlgorithmException {
    int blank = step.indexOf(' ');
    String verb = blank < 0 ? step : step.substring(0, blank);
    String rest = blank < 0 ? "" : step.substring(blank + 1);
    int colon = rest.indexOf(": ");
    switch (verb) {
      case "read": read(request.getInputStream(), note.facts); break;
      case "status": response.setStatus(Integer.parseInt(rest)); break;
      case "header": response.setHeader(rest.substring(0, colon), rest.substring(colon + 2)); break;
      case "add": response.addHeader(rest.substring(0, colon), rest.substring(colon + 2)); break;
      case "large": response.setHeader("X-Large", "y".repeat(Integer.parseInt(rest))); break;
      case "length": response.setContentLengthLong(Long.parseLong(rest)); break;
      case "text": response.getOutputStream().write((rest + "\n").getBytes("UTF-8")); break;
      case "bytes": write(response.getOutputStream(), Long.parseLong(rest), note.facts); break;
      case "endless": write(response.getOutputStream(), Long.MAX_VALUE, note.facts); break;
      case "gzip": {
        response.addHeader("Vary", "accept-encoding");
        String accepted = request.getHeader("accept-encoding");
        if (accepted == null || !accepted.contains("gzip")) {
          write(response.getOutputStream(), Long.parseLong(rest), note.facts);
          break;
        }
        response.setHeader("Content-Encoding", "gzip");
        GZIPOutputStream zipped = new GZIPOutputStream(response.getOutputStream());
        write(zipped, Long.parseLong(rest), note.facts);
        zipped.finish();
        break;
      }
      case "flush": response.flushBuffer(); break;
      case "await":
        if (!note.gate(rest).await(GATE_LIMIT_S, TimeUnit.SECONDS)) throw new IllegalStateException("gate " + rest);
        break;
      case "error": response.sendError(Integer.parseInt(rest.substring(0, 3)), rest.substring(4)); break;
      case "redirect": response.sendRedirect(rest); break;
      case "session": {
        HttpSession session = request.getSession();
        Integer count = (Integer) session.getAttribute("count");
        session.setAttribute("count", count == null ? 1 : count + 1);
        note.facts.put("session.count", session.getAttribute("count").toString());
        note.facts.put("session.id", session.getId());
        break;
      }
      case "throw": throw new IllegalStateException("thrown as asked");
      default: throw new IllegalArgumentException("no such step: " + verb);
    }
  }

  static void read(InputStream in, Map<String, String> facts) throws IOException, NoSuchAlgorithmException {
    MessageDigest hash = MessageDigest.getInstance("SHA-256");
    byte[] piece = new byte[PIECE];
    long bytes = 0;
    facts.put("body.end", "open");
    try {
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        hash.update(piece, 0, n);
        facts.put("body.bytes", Long.toString(bytes += n));
      }
    } catch (IOException e) {
      facts.put("body.end", "error");
      throw e;
    }
    facts.put("body.bytes", Long.toString(bytes));
    facts.put("body.sha256", hex(hash.digest()));
    facts.put("body.end", "end");
  }

  /** Byte i is i mod 251, so that no piece looks like another. */
  static void write(OutputStream out, long count, Map<String, String> facts) throws IOException {
    byte[] piece = new byte[251 * 64];
    for (int i = 0; i < piece.length; i++) piece[i] = (byte) (i % 251);
    for (long written = 0; written < count; ) {
      int n = (int) Math.min(piece.length, count - written);
      out.write(piece, 0, n);
      written += n;
      facts.put("written", Long.toString(written));
    }
  }

  static void describe(HttpServletRequest request, Map<String, String> facts) {
    facts.put("method", request.getMethod());
    facts.put("uri", request.getRequestURI());
    facts.put("query", String.valueOf(request.getQueryString()));
    facts.put("protocol", request.getProtocol());
    facts.put("scheme", request.getScheme());
    facts.put("secure", Boolean.toString(request.isSecure()));
    facts.put("serverName", request.getServerName());
    facts.put("serverPort", Integer.toString(request.getServerPort()));
    facts.put("remoteAddr", request.getRemoteAddr());
    facts.put("remotePort", Integer.toString(request.getRemotePort()));
    facts.put("localAddr", request.getLocalAddr());
    facts.put("localPort", Integer.toString(request.getLocalPort()));
    facts.put("remoteUser", String.valueOf(request.getRemoteUser()));
    facts.put("authType", String.valueOf(request.getAuthType()));
    for (String name : Collections.list(request.getHeaderNames()))
      facts.put("header." + name.toLowerCase(Locale.ROOT), String.join("\n", Collections.list(request.getHeaders(name))));
    String tls = "jakarta.servlet.request.";
    attribute(request, facts, "JK_LB_ACTIVATION", "activation");
    attribute(request, facts, tls + "cipher_suite", "tls.cipher");
    attribute(request, facts, tls + "key_size", "tls.keySize");
    attribute(request, facts, tls + "ssl_session_id", "tls.session");
    attribute(request, facts, "org.apache.tomcat.util.net.secure_protocol_version", "tls.protocol");
    for (String name : new String[] {"CLOWDER_SEEN", "CLOWDER_PRESET", "CLOWDER_EMPTY", "CLOWDER_UNSET"})
      attribute(request, facts, name, "attribute." + name);
    X509Certificate[] chain = (X509Certificate[]) request.getAttribute(tls + "X509Certificate");
    if (chain != null) facts.put("tls.certificates", Arrays.stream(chain)
        .map(certificate -> certificate.getSerialNumber().toString(16)).collect(java.util.stream.Collectors.joining(" ")));
  }

  static void attribute(HttpServletRequest request, Map<String, String> facts, String name, String as) {
    Object value = request.getAttribute(name);
    if (value != null) facts.put(as, value.toString());
  }

  static void control(HttpServletRequest request, HttpServletResponse response) throws IOException {
    response.setContentType("application/json");
    OutputStream out = response.getOutputStream();
    Note note = NOTES.get(request.getParameter("case"));
    if (note == null) {
      out.write("null".getBytes("UTF-8"));
      return;
    }
    String gate = request.getParameter("release");
    if (gate != null) note.gate(gate).countDown();
    StringBuilder json = new StringBuilder("{");
    synchronized (note.facts) {
      for (Map.Entry<String, String> fact : note.facts.entrySet())
        json.append(json.length() == 1 ? "" : ",").append(quoted(fact.getKey())).append(':').append(quoted(fact.getValue()));
    }
    out.write(json.append('}').toString().getBytes("UTF-8"));
  }

  static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text == null ? "null".toCharArray() : text.toCharArray()) {
      if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') out.append(String.format("\\u%04x", (int) c));
      else out.append(c);
    }
    return out.append('"').toString();
  }

  static String hex(byte[] bytes) {
    StringBuilder out = new StringBuilder();
    for (byte b : bytes) out.append(String.format("%02x", b));
    return out.toString();
  }
%>
